/// Layers of the sample: uncompressed tar archives with one file each, of bytes that look random and are always the same.
enum SampleLayer {
    /// The archive with one file `name`, and zeros behind it up to `size` (2,048…) bytes. `hole`: a range of the archive that is all zeros.
    static func archive(_ name: String, size: Int, hole: Range<Int>? = nil) -> SampleBlob {
        let content = content(name, size: size, hole: hole)
        return SampleBlob(content, digest: size > 4 << 20 ? known[name].flatMap { Digest($0) } : nil)
    }

    /// The digests of the big ones, by name. A test compares them with the content.
    static let known: [String: String] = [:]

    static func content(_ name: String, size: Int, hole: Range<Int>? = nil) -> [UInt8] {
        let header = 512
        let end = 2 * 512
        let length = max(0, size - header - end) / 512 * 512
        var content = tarHeader(name, length: length)
        content.reserveCapacity(size)
        // A block whose length divides no chunk size: wherever the bytes end up, it shows.
        var generator = SeededGenerator(seed: name)
        let blockLength = min(length, 65_521)
        var block: [UInt8] = []
        block.reserveCapacity(blockLength + 8)
        while block.count < blockLength {
            withUnsafeBytes(of: generator.next().littleEndian) { block.append(contentsOf: $0) }
        }
        block.removeLast(block.count - blockLength)
        while content.count < header + length {
            let rest = header + length - content.count
            if rest >= block.count { content += block } else { content += block[..<rest] }
        }
        content += repeatElement(0, count: max(0, size - content.count))
        if let hole { content.replaceSubrange(hole, with: repeatElement(0, count: hole.count)) }
        return content
    }

    /// The POSIX ustar header of a regular file of root's, dated 1970.
    private static func tarHeader(_ name: String, length: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
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
        put(octal(header.reduce(0) { $0 + Int($1) }, 6), at: 148)
        header[154] = 0
        return header
    }
}
