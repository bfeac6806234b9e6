import AdminCore
import ConsoleKit
import SafeText

/// A file drawn to scale, with the state of its bytes.
nonisolated struct ChunkMap: Sendable, Equatable {
    enum State: Int, Sendable, CaseIterable {
        /// The states in the order of severity: a column shows the worst of its states.
        case right, beyond, hole, missing

        var glyph: String {
            switch self {
            case .right: "█"
            case .beyond: "▒"
            case .hole: "░"
            case .missing: "·"
            }
        }

        var meaning: String {
            switch self {
            case .right: "in place"
            case .beyond: "after its chunk"
            case .hole: "hole"
            case .missing: "missing"
            }
        }

        var style: Style {
            switch self {
            case .right: .bar
            case .beyond: .warning
            case .hole, .missing: .bad
            }
        }
    }

    struct Part: Sendable, Equatable {
        let length: UInt64
        let state: State
    }

    /// The parts of the file, from its first byte to its last, without gaps.
    let parts: [Part]
    /// The distance of the ticks of the ruler, in bytes.
    let chunkSize: UInt64

    private var total: UInt64 { parts.reduce(0) { $0 &+ $1.length } }

    /// Returns the ruler, the map and its legend; at most 3 lines.
    func lines(columns: Int) -> [Line] {
        guard columns > 0, total > 0 else { return [] }
        let used = Set(parts.map(\.state)).sorted { $0.rawValue < $1.rawValue }
        let legend = used.reduce(Line()) { line, state in
            line + Line.blank(line.width > 0 ? 2 : 0) + Line(state.glyph, state.style) + Line(" \(state.meaning)", .dim)
        }
        return [ruler(columns), map(columns), legend.truncated(to: columns)]
    }

    private func map(_ columns: Int) -> Line {
        var states = [State](repeating: .right, count: columns)
        var start: Double = 0
        let scale = Double(columns) / Double(total)
        for part in parts where part.length > 0 {
            let end = start + Double(part.length)
            let first = min(columns - 1, Int(start * scale))
            let last = max(first, min(columns - 1, Int((end * scale).rounded(.up)) - 1))
            for column in first...last where part.state.rawValue > states[column].rawValue {
                states[column] = part.state
            }
            start = end
        }
        return states.reduce(into: Line()) { $0.append($1.glyph, $1.style) }.merged
    }

    private func ruler(_ columns: Int) -> Line {
        var line = Line("0", .dim)
        guard chunkSize > 0, chunkSize < total else { return line }
        let boundaries = (total - 1) / chunkSize
        // Draws as many ticks as fit, at whole numbers of chunks.
        let step = max(1, (boundaries * 12 + UInt64(columns) - 1) / UInt64(columns))
        for number in stride(from: step, through: boundaries, by: Int(step)) {
            let offset = number * chunkSize
            let column = Int(Double(offset) / Double(total) * Double(columns))
            let label = HumanText.bytes(offset)
            guard column > line.width, column + label.count <= columns else { continue }
            line = line + Line.blank(column - line.width) + Line(label, .dim)
        }
        return line.truncated(to: columns)
    }
}

nonisolated extension ChunkMap {
    /// A map of the chunks of a file. Bytes behind the end of a chunk are drawn where they belong
    /// after a resumed upload (docs/layout.md#d1): at the beginning of the next chunk.
    init(_ layout: ChunkLayout) {
        var parts: [Part] = []
        var carried: UInt64 = 0
        for chunk in layout.chunks where chunk.expected > 0 {
            let length = chunk.length ?? 0
            let beyond = min(carried, chunk.expected)
            let own = max(min(length, chunk.expected), beyond)
            parts += [
                Part(length: beyond, state: .beyond), Part(length: own - beyond, state: .right),
                Part(length: chunk.expected - own, state: chunk.length == nil ? .missing : .hole),
            ]
            carried = length - min(length, chunk.expected)
        }
        self.init(parts: parts.filter { $0.length > 0 }, chunkSize: layout.chunkSize)
    }
}
