/// How the size of a file is stored: in the xattr `total-size` of chunk 0, ten bytes, an unsigned 64-bit little-endian
/// number and two zero bytes (docker/distribution v2.3.1, `storage/driver/rados`).
enum TotalSize {
    /// The xattr's name.
    static let xattr: ByteString = "total-size"

    /// No file is larger: a registry's blobs are far below, and a hostile number must not become a loop over 2⁴² chunks. In bytes.
    static let limit: UInt64 = 1 << 40

    /// The ten bytes for a size.
    static func encode(_ size: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } + [0, 0]
    }

    /// The size that the bytes say; nil if they are not ten, do not end in two zeros, or say more than `limit`.
    static func decode(_ bytes: [UInt8]) -> UInt64? {
        guard bytes.count == 10, bytes[8] == 0, bytes[9] == 0 else { return nil }
        let size = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return size <= limit ? size : nil
    }
}
