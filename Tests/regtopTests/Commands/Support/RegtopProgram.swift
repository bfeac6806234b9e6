import Foundation
import Subprocess

/// The program that was built with the tests, run as a process.
enum RegtopProgram {
    /// The path: the program is in the directory of the tests' executable.
    static let path: String = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: tests).deletingLastPathComponent().appending(path: "regtop").path(percentEncoded: false)
    }()

    /// Runs the program to its end, without a terminal and without the user's environment for
    /// clusters.
    static func run(_ arguments: String..., input: String = "", in directory: TemporaryPlace) async throws -> ProgramRun
    {
        try await run(arguments, input: input, in: directory)
    }

    /// Runs the program with an array of words, through another program if there are words before
    /// its own.
    static func run(
        _ arguments: [String], through: [String] = [], input: String = "", in directory: TemporaryPlace
    ) async throws -> ProgramRun {
        var words = environment(directory) + through + [path] + arguments
        if !input.isEmpty {
            // The input is a file, because the program may end without reading a pipe.
            let file = "\(directory.path)/input-\(UUID().uuidString)"
            try input.write(toFile: file, atomically: true, encoding: .utf8)
            words = environment(directory) + ["sh", "-c", "exec \"$@\" < '\(file)'", "sh", path] + arguments
        }
        let result = try await Subprocess.run(
            .name("env"), arguments: Arguments(words), input: .none, output: .bytes(limit: 256 << 20),
            error: .string(limit: 1 << 20))
        return ProgramRun(
            status: result.terminationStatus.code, output: result.standardOutput, error: result.standardError)
    }

    /// The environment for `env` that keeps the run in its directory.
    static func environment(_ directory: TemporaryPlace) -> [String] {
        [
            "-C", directory.path, "-u", "CEPH_CONF", "-u", "CEPH_ARGS", "-u", "CEPH_KEYRING",
            "XDG_STATE_HOME=\(directory.path)/state", "HOME=\(directory.path)", "TZ=UTC",
        ]
    }
}

/// The result of a run.
struct ProgramRun: Sendable {
    let status: Int32
    /// Standard output.
    let output: [UInt8]
    /// Standard error.
    let error: String

    /// Standard output as text.
    var text: String { String(decoding: output, as: UTF8.self) }

    /// Standard output as JSON. Throws if it is not JSON.
    func json<Value>(_ type: Value.Type = Value.self) throws -> Value {
        let any = try JSONSerialization.jsonObject(with: Data(output))
        guard let value = any as? Value else { throw NotThis(description: "\(text.prefix(200)) is no \(type)") }
        return value
    }

    struct NotThis: Error, CustomStringConvertible {
        let description: String
    }
}

extension TerminationStatus {
    /// The exit status; 128 plus the number of a signal.
    var code: Int32 {
        switch self {
        case .exited(let code): Int32(code)
        case .signaled(let signal): 128 + Int32(signal)
        }
    }
}
