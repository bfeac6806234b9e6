/// Cuts a stream into lines of bounded length.
struct DumpLineReader {
    /// The most bytes of a line: an object of 128 MiB as base64, and as much again for everything else.
    static let longestLine = 256 << 20

    private let source: any DumpSource
    private var buffer: [UInt8] = []
    /// Where the next line begins in `buffer`, and how far it was searched for an end.
    private var start = 0
    private var searched = 0
    private var isAtEnd = false
    private let longest: Int
    /// The number of the line that `next` returned, from 1.
    private(set) var number = 0

    init(_ source: any DumpSource, longest: Int = DumpLineReader.longestLine) {
        self.source = source
        self.longest = longest
    }

    /// The next line without its end; nil after the last one. Throws `StoreError`.
    mutating func next() async throws -> [UInt8]? {
        while true {
            if let end = DumpScanner.index(of: UInt8(ascii: "\n"), in: buffer, from: searched) {
                return take(through: end, next: end + 1)
            }
            searched = buffer.count
            if buffer.count - start > longest {
                throw StoreError(
                    .invalid, operation: "load", reason: "line \(number + 1): it is longer than \(longest) bytes")
            }
            if isAtEnd {
                return start < buffer.count ? take(through: buffer.count, next: buffer.count) : nil
            }
            let more = try await source.read()
            isAtEnd = more.isEmpty
            if start > 0 {
                buffer.removeFirst(start)
                searched -= start
                start = 0
            }
            buffer += more
        }
    }

    private mutating func take(through end: Int, next: Int) -> [UInt8] {
        let line = Array(buffer[start..<end])
        start = next
        searched = next
        number += 1
        return line
    }
}
