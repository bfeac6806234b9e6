import Foundation

/// Resident bytes of a process.
struct ResidentMemory: Sendable {
    let now: Int
    /// The most that were resident at once.
    let most: Int

    /// nil for a process that has ended.
    init?(of process: pid_t) {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return nil }
        func bytes(_ name: String) -> Int? {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
            return line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap { Int($0) }.first.map {
                $0 * 1024
            }
        }
        guard let now = bytes("VmRSS:"), let most = bytes("VmHWM:") else { return nil }
        self.now = now
        self.most = most
    }
}
