import Foundation

/// Where the program keeps what outlasts it.
nonisolated enum StateDirectory {
    /// `$XDG_STATE_HOME/regtop`, or the same below `~/.local/state`; nil without a home.
    static func path(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/regtop" }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return home + "/.local/state/regtop"
    }

    /// Makes a directory for the user alone, and those above it. Whether that was possible shows when something is opened in it.
    static func make(_ path: String) {
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
}
