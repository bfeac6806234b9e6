#if RADOS
import ObjectStore
import CRados
import Foundation

/// One librados read operation and the memory for its answers. It must outlive the callback.
///
/// The unsafe properties belong to one task, which builds the operation, waits for the answer and
/// then reads it. librados writes to them only in between.
final class ReadRequest: Sendable {
    /// The initial code of a part, which no OSD answers: the part was not answered.
    private static let untouched: CInt = 1

    private let wanted: ReadOperation
    /// Unsafe only as a pointer: one task builds, submits and releases it.
    private nonisolated(unsafe) let operation: rados_read_op_t
    /// Unsafe only as a pointer: librados writes to it until the callback, and the task that waits
    /// reads it afterwards.
    private nonisolated(unsafe) let answer: UnsafeMutablePointer<crados_read_answer>
    /// The memory for the data: the array that is returned at the end, so that megabytes are not
    /// copied again. Unsafe only for the compiler: nothing reads or changes it before the answer,
    /// so its elements stay at `start`. Then one task takes it.
    private nonisolated(unsafe) var received: [UInt8]
    /// The address of the elements of `received`. Unsafe only as a pointer: librados alone writes
    /// there, until the callback.
    private nonisolated(unsafe) let start: UnsafeMutableRawPointer?

    /// The number of data bytes to read.
    var bytes: Int { received.count }

    /// True if an OSD has answered. librados has no code for a deleted pool.
    var wasAnswered: Bool { answer.pointee.stat_code != Self.untouched }

    /// Throws `.invalid` for an operation that RADOS does not have.
    init(_ wanted: ReadOperation, of object: ObjectID) throws {
        func invalid(_ reason: String) -> StoreError {
            StoreError(.invalid, operation: "read", object: object, reason: reason)
        }
        if let violation = wanted.violation { throw invalid(violation) }
        if case .page(let after?, _) = wanted.omap, after.bytes.contains(0) {
            throw invalid("librados cannot list the keys after one that holds a zero byte")
        }
        self.wanted = wanted
        operation = rados_create_read_op()
        answer = .allocate(capacity: 1)
        var blank = crados_read_answer()
        (blank.stat_code, blank.omap_code, blank.xattrs_code, blank.data_code) =
            (Self.untouched, Self.untouched, Self.untouched, Self.untouched)
        answer.initialize(to: blank)
        var start: UnsafeMutableRawPointer?
        let size = wanted.data?.count ?? 0
        // Not initialized: the bytes that librados does not write are cut off.
        received = [UInt8](unsafeUninitializedCapacity: size) { storage, count in
            start = UnsafeMutableRawPointer(storage.baseAddress)
            count = size
        }
        self.start = start
        build()
    }

    deinit {
        // The iterators exist even after a failed operation.
        if let iterator = answer.pointee.omap { rados_omap_get_end(iterator) }
        if let iterator = answer.pointee.xattrs { rados_getxattrs_end(iterator) }
        rados_release_read_op(operation)
        answer.deallocate()
    }

    /// Submits the operation; see `Flight.answer`.
    func submit(_ context: rados_ioctx_t, _ completion: rados_completion_t, _ object: ObjectID) -> Int32 {
        object.name.withCString { rados_aio_read_op_operate(operation, context, completion, $0, 0) }
    }

    /// The result, after an answer without an error.
    func state(version: UInt64, of object: ObjectID) throws -> ObjectState {
        // A part that was not requested keeps its initial code, which is no error.
        let codes = (
            answer.pointee.stat_code, answer.pointee.omap_code, answer.pointee.xattrs_code, answer.pointee.data_code
        )
        let code = min(codes.0, codes.1, codes.2, codes.3)
        if code < 0 { throw StoreError.rados(code, "read", object) }
        return ObjectState(
            version: version, size: answer.pointee.size,
            modified: Date(timeIntervalSince1970: Double(answer.pointee.modified)), xattrs: try xattrs(object),
            omap: try omap(object), hasMore: answer.pointee.more != 0, data: data())
    }

    private func build() {
        crados_read_op_stat(operation, answer)
        switch wanted.omap {
        case .page(let after, let limit):
            // An OSD of another version may return more than 1024 keys.
            let limit = UInt64(min(limit, ReadOperation.largestPage))
            (after ?? "").withCString { crados_read_op_omap_page(operation, $0, limit, answer) }
        case .keys(let keys):
            CStringTable(keys.map(\.bytes)).withPointers { keys, lengths, count in
                crados_read_op_omap_keys(operation, keys, count, lengths, answer)
            }
        case nil: break
        }
        if wanted.xattrs { crados_read_op_xattrs(operation, answer) }
        if let range = wanted.data, !range.isEmpty {
            crados_read_op_data(
                operation, range.lowerBound, bytes, start?.assumingMemoryBound(to: CChar.self), answer)
        }
    }

    private func omap(_ object: ObjectID) throws -> [OmapEntry] {
        guard let iterator = answer.pointee.omap else { return [] }
        var entries: [OmapEntry] = []
        entries.reserveCapacity(Int(rados_omap_iter_size(iterator)))
        while true {
            var (key, value): (UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CChar>?)
            var (keyLength, valueLength) = (0, 0)
            let code = rados_omap_get_next2(iterator, &key, &value, &keyLength, &valueLength)
            guard code >= 0 else { throw StoreError.rados(code, "read", object) }
            guard let key else { return entries }
            entries.append(
                OmapEntry(key: ByteString(bytes: bytes(key, keyLength)), value: bytes(value, valueLength)))
        }
    }

    private func xattrs(_ object: ObjectID) throws -> [ByteString: [UInt8]] {
        guard let iterator = answer.pointee.xattrs else { return [:] }
        var found: [ByteString: [UInt8]] = [:]
        while true {
            var (name, value): (UnsafePointer<CChar>?, UnsafePointer<CChar>?)
            var length = 0
            let code = rados_getxattrs_next(iterator, &name, &value, &length)
            guard code >= 0 else { throw StoreError.rados(code, "read", object) }
            guard let name else { return found }
            found[ByteString(bytes: bytes(name, strlen(name)))] = bytes(value, length)
        }
    }

    /// To be called once.
    private func data() -> [UInt8] {
        guard bytes > 0 else { return [] }
        precondition(received.withUnsafeBytes { $0.baseAddress } == start.map { UnsafeRawPointer($0) })
        let length = min(answer.pointee.length, bytes)
        // A small part is copied, so that it does not keep the memory of the whole.
        if length < bytes / 2 { return Array(received[..<length]) }
        received.removeLast(bytes - length)
        defer { received = [] }
        return received
    }

    private func bytes(_ start: UnsafePointer<CChar>?, _ length: Int) -> [UInt8] {
        guard let start, length > 0 else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: length))
    }
}
#endif
