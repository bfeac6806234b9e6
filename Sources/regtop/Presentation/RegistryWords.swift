package import AdminCore
import SafeText
package import Foundation

// Words for values of the core, where the command line and the console say the same.

extension ProblemSeverity {
    /// The word for `count` problems of this severity.
    package func word(_ count: Int) -> String {
        switch self {
        case .error: count == 1 ? "error" : "errors"
        case .waste: "waste"
        case .info: "info"
        }
    }
}

extension PoolUsage.Purpose {
    /// The name in tables and in JSON.
    package var name: String { "\(self)" }
}

extension UploadSummary {
    /// The age, such as "11 y"; nil if no date is known.
    package func age(at now: Date) -> String? {
        lastKnown.map { HumanText.age(.seconds(max(0, now.timeIntervalSince($0)))) }
    }
}

extension ChunkSizeFinding {
    /// The chunk size and how many files confirm it; if most files have another one, a warning.
    package var words: String {
        guard other == nil else { return description }
        let files = votes[assumed] ?? 0
        let proof = files == 0 ? "no file has several chunks" : "confirmed by \(HumanText.count(files, "file"))"
        return "\(HumanText.bytes(assumed)) (\(proof))"
    }
}

extension CacheTiering {
    /// One line about the cache tier and the commands that it forbids; nil if there is none.
    package var warning: String? {
        summary.map { "\($0): gc, fsck and dump are refused, because listings miss objects that are only in the tier" }
    }
}

extension ImageRecipe {
    /// The command line of the image.
    package var run: String { (entrypoint + command).joined(separator: " ") }

    /// The settings of the image by name. A setting that the image does not have has no values.
    package var facts: [(name: String, values: [String])] {
        let facts = [
            ("entrypoint", [entrypoint.joined(separator: " ")]), ("command", [command.joined(separator: " ")]),
            ("user", [user]), ("directory", [workingDirectory]), ("ports", [ports.joined(separator: " ")]),
            ("volumes", volumes), ("stop signal", [stopSignal]), ("author", [author]), ("environment", environment),
            ("labels", labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }),
        ]
        return facts.map { ($0, $1.filter { !$0.isEmpty }) }
    }
}

extension ImageRecipe.Step {
    /// The instruction without the shell that builders add.
    package var short: String {
        let (shell, mark) = ("/bin/sh -c ", "#(nop) ")
        guard command.hasPrefix(shell) else { return command }
        let rest = command.dropFirst(shell.count)
        guard rest.hasPrefix(mark) else { return "RUN " + rest }
        return String(rest.dropFirst(mark.count).drop { $0 == " " })
    }
}
