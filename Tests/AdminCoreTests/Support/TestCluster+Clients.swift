#if RADOS
import Foundation

@testable import AdminCore

extension TestCluster {
    /// Creates a client with these capabilities; returns the path of its keyring.
    func makeClient(_ name: String, _ capabilities: String...) async throws -> String {
        let path = "\(directory)/\(name).\(UUID().uuidString).keyring"
        try await CommandLineTool.run(
            "ceph",
            ["-c", conf, "--name", "client.admin", "auth", "get-or-create", name] + capabilities + ["-o", path])
        return path
    }

    /// The addresses of a client's sessions, as the monitors show them.
    func addresses(of client: String) async throws -> [String] {
        struct Session: Decodable {
            struct Addresses: Decodable {
                struct Address: Decodable {
                    let addr: String
                    let nonce: UInt64
                }

                let addrvec: [Address]
            }

            let entity_name: String
            let addrs: Addresses
        }
        let answer = try await ceph("tell", "mon.a", "sessions", "-f", "json")
        let sessions = try JSONDecoder().decode([Session].self, from: Data(answer.utf8))
        return sessions.filter { $0.entity_name == client }.compactMap(\.addrs.addrvec.first).map {
            "\($0.addr)/\($0.nonce)"
        }
    }
}
#endif
