import Foundation

/// What gives a text to a terminal's clipboard, where the terminal takes it (OSC 52). The text goes as base64: nothing in it can be an
/// escape of its own.
nonisolated enum ClipboardSequence {
    /// The most that is copied, in bytes; terminals drop what is much longer.
    static let limit = 50_000

    static func of(_ text: String) -> String {
        "\u{1b}]52;c;\(Data(text.utf8.prefix(limit)).base64EncodedString())\u{7}"
    }
}
