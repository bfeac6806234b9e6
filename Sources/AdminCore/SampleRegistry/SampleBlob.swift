import ObjectStore
import Registry

/// The content of a blob, and its real digest.
struct SampleBlob: Hashable, Sendable {
    /// The bytes before the zeros at the end; all bytes, except in big blobs.
    let content: [UInt8]
    /// The number of zero bytes behind `content`.
    let zeros: Int
    let digest: Digest

    /// The size in bytes.
    var size: Int { content.count + zeros }

    /// A blob of these bytes.
    init(_ content: [UInt8]) {
        self.init(content, zeros: 0, digest: .sha256(of: content))
    }

    /// A blob whose digest is known, since hashing megabytes would delay the start of the program.
    init(_ content: [UInt8], zeros: Int, digest: Digest) {
        self.content = content
        self.zeros = zeros
        self.digest = digest
    }

    /// A blob of this text.
    init(_ text: String) {
        self.init(Array(text.utf8))
    }

    /// The blob without a byte.
    static let empty = SampleBlob([UInt8]())

    /// The SHA-256 digest with these 64 digits.
    static func digest(_ hex: String) -> Digest {
        guard let digest = Digest(algorithm: "sha256", hex: hex) else {
            preconditionFailure("32 bytes make 64 lower-case digits")
        }
        return digest
    }

    /// All bytes, with the zeros.
    var whole: [UInt8] { zeros == 0 ? content : content + repeatElement(0, count: zeros) }

    /// The first `count` bytes of `content`.
    func prefix(_ count: Int) -> [UInt8] { Array(content[..<count]) }
}

/// Layers of the sample: uncompressed tar archives with one file each. Its bytes look random, and
/// are the same each time.
enum SampleLayer {
    /// An archive of `size` (2,048…) bytes with the file `name` and zeros behind it; the bytes in
    /// `hole` are zeros.
    static func archive(_ name: String, size: Int, hole: Range<Int>? = nil) -> SampleBlob {
        var content = header(name, length: (size - headerSize - endSize) / headerSize * headerSize)
        append(size - headerSize - endSize, seed: name, to: &content)
        content += repeatElement(0, count: size - content.count)
        if let hole { content.replaceSubrange(hole, with: repeatElement(0, count: hole.count)) }
        return SampleBlob(content)
    }

    /// A layer of several chunks: an archive with the file `name`, whose first `data` bytes are not
    /// zeros.
    ///
    /// - Parameter digest: The digest of the layer, as hexadecimal digits; a test compares it.
    static func big(_ name: String, size: Int, data: Int, digest: String) -> SampleBlob {
        var content = header(name, length: (size - headerSize - endSize) / headerSize * headerSize)
        append(data, seed: name, to: &content)
        // The few zeros at the end of a full archive are cheaper here than in a second copy of
        // megabytes.
        if size - content.count <= endSize { content += repeatElement(0, count: size - content.count) }
        return SampleBlob(content, zeros: size - content.count, digest: SampleBlob.digest(digest))
    }

    private static let headerSize = 512
    private static let endSize = 1024

    /// Appends `count` bytes that depend on the seed.
    private static func append(_ count: Int, seed: String, to content: inout [UInt8]) {
        var generator = SeededGenerator(seed: seed)
        // The length of the repeated block divides no chunk size, so bytes in a wrong place are
        // noticed.
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

    /// The POSIX ustar header of a regular file of root, dated 1970.
    private static func header(_ name: String, length: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: headerSize)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        func octal(_ number: Int, _ width: Int) -> String {
            String(number, radix: 8, width: width)
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

/// A random number generator (SplitMix64) that yields the same numbers for the same seed on every
/// machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// A generator whose seed is the FNV-1a hash of a text.
    init(seed text: String) {
        state = text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
