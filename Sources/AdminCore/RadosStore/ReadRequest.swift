#if RADOS
import CRados
import Foundation

/// One librados read operation and the memory its answers are written to. It must outlive the callback.
///
/// What is marked as unsafe is not safe by itself: it belongs to one task, which builds it, waits for the answer and then reads it; librados
/// writes into it in between only.
final class ReadRequest: Sendable {
    /// What no part of an operation answers: the code was not written, so no OSD has answered.
    private static let untouched: CInt = 1

    private let wanted: ReadOperation
    /// Unsafe only as a pointer: one task builds it, submits it, and releases it after the answer.
    private nonisolated(unsafe) let operation: rados_read_op_t
    /// Written to by librados until the answer is there.
    private nonisolated(unsafe) let answer: UnsafeMutablePointer<crados_read_answer>
    /// Where the data goes: the array that is handed out in the end, so that megabytes are not copied once more. Nobody else has it, and
    /// nothing touches it until the answer is there, so that its elements stay where `start` says.
    private nonisolated(unsafe) var received: [UInt8]
    /// Where the elements of `received` are.
    private nonisolated(unsafe) let start: UnsafeMutableRawPointer?

    /// How many data bytes are asked for.
    var bytes: Int { received.count }

    /// True if an OSD has answered, whatever it said: librados has no code for "there is no such pool any more".
    var wasAnswered: Bool { answer.pointee.stat_code != Self.untouched }

    /// Throws `.invalid` for what RADOS cannot be asked.
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
        // Not cleared first: what librados does not write is cut off.
        received = [UInt8](unsafeUninitializedCapacity: size) { storage, count in
            start = UnsafeMutableRawPointer(storage.baseAddress)
            count = size
        }
        self.start = start
        build()
    }

    deinit {
        // Also after a failed operation: the iterators exist since the operation was built.
        if let iterator = answer.pointee.omap { rados_omap_get_end(iterator) }
        if let iterator = answer.pointee.xattrs { rados_getxattrs_end(iterator) }
        rados_release_read_op(operation)
        answer.deallocate()
    }

    /// Submits it; see `PendingOperation.answer`.
    func submit(_ context: rados_ioctx_t, _ completion: rados_completion_t, _ object: ObjectID) -> Int32 {
        object.name.withCString { rados_aio_read_op_operate(operation, context, completion, $0, 0) }
    }

    /// What was found, after an answer that was no error.
    func state(version: UInt64, of object: ObjectID) throws -> ObjectState {
        var parts = [answer.pointee.stat_code]
        if wanted.omap != nil { parts.append(answer.pointee.omap_code) }
        if wanted.xattrs { parts.append(answer.pointee.xattrs_code) }
        if wanted.data != nil { parts.append(answer.pointee.data_code) }
        if let code = parts.first(where: { $0 < 0 }) { throw StoreError.rados(code, "read", object) }
        return ObjectState(
            version: version, size: answer.pointee.size,
            modified: Date(timeIntervalSince1970: Double(answer.pointee.modified)), xattrs: try xattrs(object),
            omap: try omap(object), hasMore: answer.pointee.more != 0, data: data())
    }

    private func build() {
        crados_read_op_stat(operation, answer)
        switch wanted.omap {
        case .page(let after, let limit):
            // A bound of ours as well: an OSD of another version may give more than 1024.
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
        // Little of much: what is kept for long must not hold the memory of what was asked for.
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
