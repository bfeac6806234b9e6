import CZlib

/// Decompresses a gzip stream piece by piece, in constant memory.
///
/// Concurrency: one task at a time uses it. Format: RFC 1952.
package final class GzipInflation {
    /// The reason why a stream cannot be decompressed.
    package enum Fault: Error {
        /// zlib got no memory.
        case noMemory
        /// The bytes are no gzip stream.
        case notGzip
    }

    private var stream = z_stream()
    private var buffer = [UInt8](repeating: 0, count: 1 << 18)
    /// True if the last member of the stream has ended.
    package private(set) var isWhole = false

    /// - Throws: `Fault.noMemory`.
    package init() throws(Fault) {
        // 16 more bits of the window choose the format of gzip.
        let code = inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { throw .noMemory }
    }

    deinit { inflateEnd(&stream) }

    /// Decompresses the next piece, and passes the result to `use` in parts of bounded size.
    ///
    /// - Throws: `Fault.notGzip`.
    package func take(_ piece: [UInt8], _ use: ([UInt8]) -> Void) throws(Fault) {
        var piece = piece
        let fault = piece.withUnsafeMutableBufferPointer { input -> Fault? in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            while stream.avail_in > 0 {
                if isWhole {
                    // Another member follows; zero bytes at the end are padding.
                    if stream.next_in.pointee == 0 { return nil }
                    inflateReset(&stream)
                    isWhole = false
                }
                if !step(use) { return .notGzip }
            }
            return nil
        }
        if let fault { throw fault }
    }

    /// Decompresses what one member has of the input; false if it is no gzip stream.
    private func step(_ use: ([UInt8]) -> Void) -> Bool {
        repeat {
            let code = buffer.withUnsafeMutableBufferPointer { output in
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                return inflate(&stream, Z_NO_FLUSH)
            }
            guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else { return false }
            use(Array(buffer[..<(buffer.count - Int(stream.avail_out))]))
            isWhole = code == Z_STREAM_END
        } while stream.avail_out == 0 && !isWhole
        return true
    }
}
