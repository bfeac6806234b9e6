import Foundation
import Subprocess

/// Runs a program to its end.
enum CommandLineTool {
    /// The program ended with an error.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a program (looked up in PATH unless it is a path) and returns its standard output.
    /// Throws unless it ends with 0.
    @discardableResult
    static func run(_ program: String, _ arguments: [String]) async throws -> String {
        // Runs through `env`: a path would need a type of another module.
        let result = try await Subprocess.run(
            .name("env"), arguments: Arguments([program] + arguments), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            let words = ([program] + arguments).joined(separator: " ")
            throw Failure(description: "\(words): \(result.terminationStatus): \(result.standardError)")
        }
        return result.standardOutput
    }
}
