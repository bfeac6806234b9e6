import Foundation
import Synchronization

/// The process that works on a change in the journal.
///
/// A recovery leaves the changes of a living owner alone. Correctness does not depend on it
/// (docs/safety.md#recover).
public struct ChangeOwner: Codable, Hashable, Sendable {
    /// The machine's name, for people.
    public let host: String
    /// The number of the process within `space`.
    public let process: Int32
    /// The start of the process in ticks of the kernel, since numbers of processes are used again.
    let started: String
    /// The boot of the machine and the namespace of its processes: together with them, the number
    /// and the start identify a process.
    let space: String

    /// This process.
    public static let current = ChangeOwner.of(getpid())

    /// A process on this machine.
    static func of(_ process: Int32) -> ChangeOwner {
        ChangeOwner(
            host: ProcessInfo.processInfo.hostName, process: process, started: startTime(of: process) ?? "",
            space: ChangeOwner.currentSpace)
    }

    /// True if the process exists; nil if this machine cannot tell.
    var isAlive: Bool? {
        guard !space.isEmpty, space == ChangeOwner.currentSpace else { return nil }
        return ChangeOwner.startTime(of: process) == started
    }

    private static let currentSpace: String = {
        let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""
        let processes = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? ""
        guard !boot.isEmpty, !processes.isEmpty else { return "" }
        return boot.trimmingCharacters(in: .whitespacesAndNewlines) + " " + processes
    }()

    /// Field 22 of `/proc/PID/stat` (proc(5)); nil if there is no such process.
    private static func startTime(of process: Int32) -> String? {
        guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            // The second field is the program's name in parentheses, and may hold anything.
            let name = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: name)...].split(separator: " ")
        // A zombie has ended.
        guard fields.count > 19, fields[0] != "Z" else { return nil }
        return String(fields[19])
    }
}

extension ChangeOwner: CustomStringConvertible {
    /// For people: `host, process 4711`.
    public var description: String { "\(host), process \(process)" }
}

/// The intents that this process works on. An intent that names this process and is not among them
/// was given up: its change failed, and taking it back failed as well.
enum IntentsAtWork {
    private static let ids = Mutex<Set<String>>([])

    static func insert(_ id: String) { ids.withLock { _ = $0.insert(id) } }

    static func remove(_ id: String) { ids.withLock { _ = $0.remove(id) } }

    static func contains(_ id: String) -> Bool { ids.withLock { $0.contains(id) } }
}
