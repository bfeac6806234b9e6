import ConsoleKit
import Foundation

/// The file that keeps typed commands and filters between runs, `history` in the directory of the
/// program's own files. Each line has the kind of the input, a tab, and the text.
nonisolated enum HistoryFile {
    /// Writes the file one line after the other, away from the console.
    static let queue = DispatchQueue(label: "regtop.history")

    /// Reads the history of earlier runs. New lines are added to the file; a file that cannot be
    /// written loses them.
    ///
    /// - Parameter directory: The directory of the file; nil for no file.
    @MainActor
    static func history(in directory: String? = StateDirectory.path()) -> InputHistory {
        guard let directory else { return InputHistory() }
        let path = directory + "/history"
        let entries = entries(((try? RegularFile.read(path, limit: 8 << 20)) ?? nil) ?? Data())
        var lines: [String: [String]] = [:]
        for (kind, text) in entries { lines[kind, default: []].append(text) }
        lines = lines.mapValues { $0.suffix(InputHistory.limit) }
        if entries.count > 4 * InputHistory.limit {
            let kept = lines.flatMap { kind, texts in texts.map { "\(kind)\t\($0)\n" } }.joined()
            queue.async { try? Data(kept.utf8).write(to: URL(filePath: path), options: .atomic) }
        }
        return InputHistory(lines: lines) { text, kind in
            queue.async { append("\(kind)\t\(text)\n", to: path, in: directory) }
        }
    }

    private static func entries(_ data: Data) -> [(kind: String, text: String)] {
        String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "\t", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
    }

    private static func append(_ line: String, to path: String, in directory: String) {
        StateDirectory.make(directory)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { return }
        _ = line.withCString { write(descriptor, $0, strlen($0)) }
        close(descriptor)
    }
}
