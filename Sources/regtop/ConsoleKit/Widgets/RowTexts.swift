/// The texts in which a filter looks, of all rows of a table, folded. They lie in one array,
/// because an array for each row would take as much again.
nonisolated struct RowTexts: Sendable {
    private(set) var bytes: [UInt8] = []
    private var places: [Range<Int>] = []
    /// The number of bytes of texts that were replaced.
    private var waste = 0

    /// The texts of rows, by the numbers of the rows.
    init(_ texts: some Collection<String> = []) {
        places.reserveCapacity(texts.count)
        for text in texts { places.append(appended(text.utf8.lazy.map(Line.folded))) }
    }

    subscript(number: Int) -> ArraySlice<UInt8> { bytes[places[number]] }

    /// Takes another text for a row.
    mutating func set(_ text: String, at number: Int) {
        let folded = text.utf8.lazy.map(Line.folded)
        guard !self[number].elementsEqual(folded) else { return }
        waste += places[number].count
        places[number] = appended(folded)
        if waste > bytes.count / 2 { gather() }
    }

    /// Drops the bytes of texts that were replaced.
    private mutating func gather() {
        let former = bytes
        bytes = []
        waste = 0
        for number in places.indices { places[number] = appended(former[places[number]]) }
    }

    private mutating func appended(_ text: some Sequence<UInt8>) -> Range<Int> {
        let start = bytes.count
        bytes += text
        return start..<bytes.count
    }
}
