import ObjectStore

#if RADOS
/// Byte strings in one block, with the arrays of addresses and lengths that librados reads: one
/// allocation for thousands of keys. librados copies the strings before its function returns.
struct CStringTable {
    private var bytes: [UInt8] = []
    private var lengths: [Int] = []

    init(_ strings: some Sequence<[UInt8]>) {
        for string in strings {
            bytes += string
            lengths.append(string.count)
        }
        // So a table of empty strings has an address, too.
        bytes.append(0)
    }

    /// Calls `body` with the addresses, the lengths and the number of strings.
    func withPointers(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int>?, Int) -> Void
    ) {
        bytes.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: CChar.self) { buffer in
                var offset = 0
                let pointers = lengths.map { length -> UnsafePointer<CChar>? in
                    defer { offset += length }
                    return buffer.baseAddress.map { $0 + offset }
                }
                pointers.withUnsafeBufferPointer { pointers in
                    lengths.withUnsafeBufferPointer { lengths in
                        body(pointers.baseAddress, lengths.baseAddress, lengths.count)
                    }
                }
            }
        }
    }
}

extension ByteString {
    /// Calls `body` with the bytes and a zero behind them. The bytes after a zero byte are lost.
    func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
        try withUnsafeTemporaryAllocation(of: CChar.self, capacity: count + 1) { copy in
            for (index, byte) in bytes.enumerated() { copy[index] = CChar(bitPattern: byte) }
            copy[count] = 0
            guard let start = copy.baseAddress else { preconditionFailure("a buffer of at least one byte") }
            return try body(start)
        }
    }
}

extension [UInt8] {
    /// Calls `body` with the address of the bytes, which is valid even if there are none. librados
    /// copies the bytes.
    func withPointer(_ body: (UnsafePointer<CChar>) -> Void) {
        if isEmpty { return "".withCString(body) }
        withUnsafeBytes { raw in
            raw.withMemoryRebound(to: CChar.self) { if let start = $0.baseAddress { body(start) } }
        }
    }
}
#endif
