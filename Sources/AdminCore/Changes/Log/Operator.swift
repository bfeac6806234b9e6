import Foundation

/// The person or job that makes a change, as the trash and the log name it.
public struct Operator: Hashable, Sendable {
    /// The name of the account.
    public let user: String
    /// The machine.
    public let host: String
    /// The process.
    public let process: Int32
    /// The Ceph client, as in `client.admin`; nil for other stores.
    public let client: String?

    /// An operator.
    public init(user: String, host: String, process: Int32, client: String? = nil) {
        self.user = user
        self.host = host
        self.process = process
        self.client = client
    }

    /// The account that runs this process.
    public static func current(client: String? = nil) -> Operator {
        Operator(
            user: NSUserName(), host: ProcessInfo.processInfo.hostName,
            process: ProcessInfo.processInfo.processIdentifier, client: client)
    }
}

extension Operator: CustomStringConvertible {
    /// For people: `root@host`, with the client where there is one.
    public var description: String { "\(user)@\(host)" + (client.map { " (\($0))" } ?? "") }
}
