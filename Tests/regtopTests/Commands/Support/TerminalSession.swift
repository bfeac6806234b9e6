import Foundation
import Subprocess

/// The program on a terminal that script(1) makes; a test can wait for its output and answer.
enum TerminalSession {
    /// Runs the program to its end, and types `answer` as soon as the output contains `prompt`.
    ///
    /// - Parameter variables: Further variables of its environment, as in `TERM=xterm`.
    static func run(
        _ arguments: [String], waitingFor prompt: String, answering answer: String, variables: [String] = [],
        in directory: TemporaryPlace
    ) async throws -> ProgramRun {
        let words = ["env"] + RegtopProgram.environment(directory) + variables + [RegtopProgram.path] + arguments
        let command = words.map { "'" + $0.replacing("'", with: "'\\''") + "'" }.joined(separator: " ")
        let result = try await Subprocess.run(
            .name("script"), arguments: ["-qec", command, "/dev/null"], input: .inputWriter, output: .sequence,
            error: .discarded
        ) { execution in
            var seen: [UInt8] = []
            var isAnswered = false
            for try await piece in execution.standardOutput {
                seen += piece.withUnsafeBytes { Array($0) }
                if !isAnswered, String(decoding: seen, as: UTF8.self).contains(prompt) {
                    isAnswered = true
                    _ = try await execution.standardInputWriter.write(answer)
                }
            }
            try await execution.standardInputWriter.finish()
            return seen
        }
        return ProgramRun(status: result.terminationStatus.code, output: result.closureResult, error: "")
    }
}
