import Foundation
import Subprocess

/// A program that a test runs to its end.
enum CommandLineTool {
    /// The program could not do it.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a program (looked up in PATH unless it is a path) and gives what it wrote to standard
    /// output. Throws unless it ends with 0.
    @discardableResult
    static func run(_ program: String, _ arguments: [String]) async throws -> String {
        // By way of env: a path would need another module's type.
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
