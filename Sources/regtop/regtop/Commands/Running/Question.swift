import Foundation

/// A question that is answered on the terminal with yes or no.
nonisolated enum Question {
    /// Asks, and gives true if the answer is `y` or `yes`; anything else, the end of the input among it, is No. Throws
    /// `CancellationError` if the task is cancelled before there is an answer.
    static func ask(_ text: String, _ streams: StandardStreams) async throws -> Bool {
        streams.tell("\(VisibleText.of(text)) [y/N] ")
        await streams.flush()
        let line = try await BlockingCall.run(on: DispatchQueue(label: "regtop.stdin")) { readLine() }
        return ["y", "yes"].contains(line?.trimmingCharacters(in: .whitespaces).lowercased())
    }
}
