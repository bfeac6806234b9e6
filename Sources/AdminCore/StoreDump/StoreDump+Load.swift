import Synchronization

extension StoreDump {
    /// Lines that are under way at once, and their bytes; a single one may have more.
    private static let linesInFlight = 64
    private static let bytesInFlight = 64 << 20

    /// Fills an empty store with what `source` has. A line without data makes an object of its size that is all zeros, so a dump
    /// of the structure alone can be loaded, too. Times are restored where the dump has them.
    ///
    /// Throws `StoreError`: `.invalid` if the store is not empty, or with the number of the line that is wrong. What was
    /// loaded until then stays. Memory: the names of all objects, the lines under way (64 MiB, or one line of up to 256 MiB).
    public static func load(
        from source: any DumpSource, into reader: any ObjectReader, _ writer: any ObjectWriter,
        progress: ProgressHandler? = nil
    ) async throws -> Summary {
        try await requireEmpty(reader)
        let counter = ProgressCounter(phase: "objects", total: nil, handler: progress)
        let names = DumpNames()
        var lines = DumpLineReader(source)
        var waiting: [UInt8]?
        var summary = Summary()
        var bytes = 0
        try await concurrentWork(window: linesInFlight) { underWay in
            while waiting?.allSatisfy(isBlank) ?? true {
                guard let text = try await lines.next() else { return nil }
                waiting = text
            }
            guard let text = waiting, underWay == 0 || bytes + text.count <= bytesInFlight else { return nil }
            waiting = nil
            bytes += text.count
            return (text, lines.number)
        } perform: { (text: [UInt8], number: Int) in
            let line = try decode(text, number: number, names: names)
            try await restore(line, number: number, writer)
            return (text.count, line.size)
        } take: { length, size in
            bytes -= length
            summary.objects += 1
            summary.bytes += size
            counter.advance()
        }
        return summary
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }

    private static func requireEmpty(_ reader: any ObjectReader) async throws {
        guard let object = try await PoolScan(reader).first() else { return }
        throw StoreError(.invalid, operation: "load", reason: "the store is not empty: it has an object \(object)")
    }

    private static func decode(_ text: [UInt8], number: Int, names: DumpNames) throws -> DumpLine {
        let line: DumpLine
        do {
            line = try DumpLine(decoding: text)
        } catch let problem as DumpScanner.Problem {
            throw StoreError(.invalid, operation: "load", reason: "line \(number): \(problem.reason)")
        }
        if let other = names.note(line.object, line: number) {
            throw StoreError(
                .invalid, operation: "load",
                reason: "line \(max(number, other)): \(line.object) is already in line \(min(number, other))")
        }
        return line
    }

    private static func restore(_ line: DumpLine, number: Int, _ writer: any ObjectWriter) async throws {
        for operation in line.operations() {
            let failure: StoreError
            switch await writer.apply(operation, to: line.object) {
            case .applied:
                continue
            case .refused:
                failure = StoreError(
                    .busy, operation: "load", reason: "somebody else writes to \(line.object) meanwhile")
            case .failed(let error), .unknown(let error):
                failure = error
            }
            throw StoreError(
                failure.kind, operation: "load", errno: failure.errno,
                reason: "line \(number), \(line.object): \(failure.reason)")
        }
    }
}

/// In which line each object stood.
private final class DumpNames: Sendable {
    private let lines = Mutex<[ObjectID: Int]>([:])

    /// Notes an object; returns the other line that has it, if there is one.
    func note(_ object: ObjectID, line: Int) -> Int? {
        lines.withLock { $0.updateValue(line, forKey: object) }
    }
}
