import Foundation
import Subprocess

/// The shells for which regtop has completions.
enum CompletingShell: String, CaseIterable, Sendable {
    case bash, zsh, fish

    /// Types keys into the shell in a terminal of its own.
    ///
    /// - Returns: The arguments of each `regtop` that the shell started then. The program itself
    ///   only answers requests for completions.
    func type(_ lines: String..., in place: TemporaryPlace) async throws -> [[String]] {
        let (bin, called) = ("\(place.path)/bin", "\(place.path)/called")
        try? FileManager.default.removeItem(atPath: called)
        try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
        let stub = """
            #!/bin/sh
            case $1 in
            ---completion) exec '\(RegtopProgram.path)' "$@" ;;
            esac
            printf '%s\\0' "$@" end >>'\(called)'
            """
        try stub.write(toFile: "\(bin)/regtop", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(bin)/regtop")
        let words = try await start(bin, in: place)
        let keys = "\(place.path)/keys"
        try (lines + ["exit"]).map { $0 + "\n" }.joined().write(toFile: keys, atomically: true, encoding: .utf8)
        // `script` is the terminal. The time limit is for a shell that does not understand the
        // keys.
        let command = "timeout 60 script -qec \"$1\" /dev/null <keys >screen 2>&1"
        let result = try await Subprocess.run(
            .name("env"),
            arguments: Arguments(
                RegtopProgram.environment(place) + [
                    "PATH=\(bin):/usr/bin:/bin", "TERM=dumb", "LC_ALL=C.UTF-8", "INPUTRC=/dev/null",
                    "REGTOP_COMPLETION_LIMIT=60s",
                    "ZDOTDIR=\(place.path)", "sh", "-c", command, "sh", words,
                ]), output: .discarded, error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else {
            let screen = (try? String(contentsOfFile: "\(place.path)/screen", encoding: .utf8)) ?? ""
            throw ProgramRun.NotThis(description: "\(rawValue): \(result.standardError) \(screen)")
        }
        let text = (try? String(contentsOfFile: called, encoding: .utf8)) ?? ""
        var calls: [[String]] = [[]]
        for word in text.split(separator: "\0", omittingEmptySubsequences: false).dropLast() {
            if word == "end" { calls.append([]) } else { calls[calls.count - 1].append(String(word)) }
        }
        return calls.dropLast()
    }

    /// Installs the script of the completions.
    ///
    /// - Returns: The command that starts the shell.
    private func start(_ bin: String, in place: TemporaryPlace) async throws -> String {
        let run = try await RegtopProgram.run("--generate-completion-script", rawValue, in: place)
        guard run.status == 0 else { throw ProgramRun.NotThis(description: run.error) }
        func write(_ text: String, _ name: String) throws {
            let file = URL(filePath: "\(place.path)/\(name)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        switch self {
        case .bash:
            try write(run.text + "PS1=\n", "bashrc")
            return "bash --noprofile --rcfile bashrc -i"
        case .zsh:
            try write(run.text, "functions/_regtop")
            try write("fpath=(\(place.path)/functions $fpath)\nautoload -Uz compinit\ncompinit -u -D\n", ".zshrc")
            return "zsh -d -i"
        case .fish:
            try write(run.text, ".config/fish/completions/regtop.fish")
            return "fish -i"
        }
    }
}
