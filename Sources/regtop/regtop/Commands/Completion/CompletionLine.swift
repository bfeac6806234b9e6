import AdminCore
import ArgumentParser
import Foundation

/// A command line of which a shell completes one word.
nonisolated struct CompletionLine: Sendable {
    /// The words as the user means them; the first is the program.
    let words: [String]
    /// The place of the word that is completed.
    let index: Int

    /// - Parameter raw: The words as the shell has them.
    init(_ raw: [String], _ index: Int) {
        // fish 3 has taken the quotes away, and no other shell has.
        let isPlain =
            CompletionShell.requesting == .fish && CompletionShell.requestingVersion?.hasPrefix("4") != true
        words = isPlain ? raw : raw.map(ShellWord.plain)
        self.index = index
    }

    /// The word that is completed; empty if nothing of it is typed.
    var text: String { words.indices.contains(index) ? words[index] : "" }

    /// The session for the connection options on the line, which only reads and waits for no
    /// answer longer than a limit; nil if an option has no valid value.
    func session(within limit: Double) -> SessionOptions? {
        guard let options = try? StoreOptions.parse(connection) else { return nil }
        var session = options.session()
        session.readOnly = true
        session.rados.connectTimeout = limit
        session.rados.operationTimeout = limit
        return session
    }

    /// The options with a value that tell where the store is.
    private static let options: Set<String> = [
        "-p", "--pool", "-c", "--conf", "-n", "--name", "--id", "-k", "--keyring", "-m", "--mon-host", "--store",
        "--registry", "--chunk-size",
    ]

    /// The connection options with their values, without the word that is completed.
    private var connection: [String] {
        var found: [String] = []
        var next = 1
        while next < words.count, words[next] != "--" {
            let word = words[next]
            if Self.options.contains(word), next + 1 < words.count {
                if next + 1 != index { found += [word, Self.home(words[next + 1])] }
                next += 2
            } else {
                if next != index, let equals = word.firstIndex(of: "="), Self.options.contains(String(word[..<equals]))
                {
                    found.append(word)
                }
                next += 1
            }
        }
        return found
    }

    /// A path that begins with `~/`, as the shell would hand it over.
    private static func home(_ path: String) -> String {
        guard path.hasPrefix("~/"), let home = ProcessInfo.processInfo.environment["HOME"] else { return path }
        return home + path.dropFirst(1)
    }
}
