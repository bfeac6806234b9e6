/// Layers of the sample: uncompressed tar archives with one file each, of bytes that look random and are always the same.
enum SampleLayer {
    /// The archive with one file `name` and zeros behind it, of `size` (2,048…) bytes. `hole`: a range of it that is all zeros.
    static func archive(_ name: String, size: Int, hole: Range<Int>? = nil) -> SampleBlob {
        var content = header(name, length: (size - headerSize - endSize) / headerSize * headerSize)
        append(size - headerSize - endSize, seed: name, to: &content)
        content += repeatElement(0, count: size - content.count)
        if let hole { content.replaceSubrange(hole, with: repeatElement(0, count: hole.count)) }
        return SampleBlob(content)
    }

    /// A layer of several chunks, whose digest is written down here (a test compares): an archive with the file `name`, of which only the
    /// first `data` bytes are no zeros.
    static func big(_ name: String, size: Int, data: Int, digest: String) -> SampleBlob {
        var content = header(name, length: (size - headerSize - endSize) / headerSize * headerSize)
        append(data, seed: name, to: &content)
        // The few zeros at the end of a full archive are cheaper here than in a second copy of megabytes.
        if size - content.count <= endSize { content += repeatElement(0, count: size - content.count) }
        return SampleBlob(content, zeros: size - content.count, digest: SampleBlob.digest(digest))
    }

    private static let headerSize = 512
    private static let endSize = 1024

    /// Appends `count` bytes that depend on the seed.
    private static func append(_ count: Int, seed: String, to content: inout [UInt8]) {
        var generator = SeededGenerator(seed: seed)
        // Repeated with a length that divides no chunk size: wherever the bytes end up, it shows.
        let blockLength = min(count, 65_521)
        var block: [UInt8] = []
        block.reserveCapacity(blockLength + 8)
        while block.count < blockLength {
            withUnsafeBytes(of: generator.next().littleEndian) { block.append(contentsOf: $0) }
        }
        block.removeLast(block.count - blockLength)
        let end = content.count + count
        content.reserveCapacity(end + headerSize + endSize)
        while content.count < end {
            let rest = end - content.count
            if rest >= block.count { content += block } else { content += block[..<rest] }
        }
    }

    /// The POSIX ustar header of a regular file of root's, dated 1970.
    private static func header(_ name: String, length: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: headerSize)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        func octal(_ number: Int, _ width: Int) -> String {
            let digits = String(number, radix: 8)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        put(name, at: 0)
        put(octal(0o644, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(length, 11), at: 124)
        put(octal(0, 11), at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put("root", at: 265)
        put("root", at: 297)
        // Six digits, a zero byte and the space that is there.
        put(octal(header.reduce(0) { $0 + Int($1) }, 6), at: 148)
        header[154] = 0
        return header
    }
}
