#if RADOS
import ObjectStore
import CRados
import Foundation

/// One librados write operation for a `WriteOperation`, with the codes of its omap comparisons. It
/// must outlive the callback.
///
/// The unsafe properties belong to one task, which builds the operation, waits for the answer and
/// then reads the codes. librados writes the codes only in between.
final class WriteRequest: Sendable {
    private let wanted: WriteOperation
    /// Unsafe only as a pointer: one task builds, submits and releases it.
    private nonisolated(unsafe) let operation: rados_write_op_t
    /// One code for each guard; librados writes those of the omap comparisons. Unsafe only as a
    /// pointer: the task that waits reads the codes after the callback.
    private nonisolated(unsafe) let codes: UnsafeMutableBufferPointer<CInt>

    /// The number of bytes to send.
    let bytes: Int

    /// Throws `.invalid` for an operation that RADOS does not have.
    init(_ wanted: WriteOperation, of object: ObjectID) throws {
        bytes = wanted.bytes
        var violation = wanted.violation
        if UInt64(bytes) > StoreLimits.write { violation = violation ?? "\(bytes) bytes are too many for one change" }
        if let violation { throw StoreError(.invalid, operation: "write", object: object, reason: violation) }
        self.wanted = wanted
        operation = rados_create_write_op()
        codes = .allocate(capacity: wanted.guards.count)
        codes.initialize(repeating: 0)
        for (index, condition) in wanted.guards.enumerated() {
            add(condition, code: codes.baseAddress.map { $0 + index })
        }
        for mutation in wanted.mutations { add(mutation) }
    }

    deinit {
        rados_release_write_op(operation)
        codes.deallocate()
    }

    /// Submits the operation; see `Flight.answer`.
    func submit(_ context: rados_ioctx_t, _ completion: rados_completion_t, _ object: ObjectID) -> Int32 {
        // Without this flag, every change waits for ever on a full pool, even a removal.
        let flags = Int32(LIBRADOS_OPERATION_FULL_TRY)
        return object.name.withCString { name in
            guard let modified = wanted.modified else {
                return rados_aio_write_op_operate(operation, context, completion, name, nil, flags)
            }
            // RADOS stores 32 bits of seconds; the asynchronous call has no fractions.
            var seconds = time_t(min(max(modified.timeIntervalSince1970.rounded(.down), 0), Double(UInt32.max)))
            return rados_aio_write_op_operate(operation, context, completion, name, &seconds, flags)
        }
    }

    /// The guards of which at least one did not hold, by the code of the operation. Almost always
    /// one; none if the operation failed for another reason.
    ///
    /// - Parameter cancelled: True if this process cancelled the operation. -ECANCELED proves
    ///   nothing then, unless it is the code of a comparison.
    func suspects(_ code: Int32, cancelled: Bool) -> [WriteOperation.Guard] {
        switch -code {
        case EEXIST:
            return wanted.guards.contains(.doesNotExist) ? [.doesNotExist] : []
        case ENOENT:
            // A part needs the object, which is missing. So the first guard has failed, unless it
            // creates the object.
            return [wanted.guards.first { $0 != .doesNotExist } ?? .exists]
        case ERANGE, EOVERFLOW:
            return wanted.guards.filter { if case .version = $0 { true } else { false } }
        case ECANCELED:
            if let index = codes.firstIndex(of: -ECANCELED) { return [wanted.guards[index]] }
            guard !cancelled else { return [] }
            return wanted.guards.filter { if case .xattr = $0 { true } else { false } }
        default:
            return []
        }
    }

    private func add(_ condition: WriteOperation.Guard, code: UnsafeMutablePointer<CInt>?) {
        switch condition {
        case .exists:
            rados_write_op_assert_exists(operation)
        case .doesNotExist:
            rados_write_op_create(operation, Int32(LIBRADOS_CREATE_EXCLUSIVE), nil)
        case .version(let version):
            rados_write_op_assert_version(operation, version)
        case .omapValue(let key, let value):
            CStringTable([key.bytes, value]).withPointers { pointers, _, _ in
                rados_write_op_omap_cmp2(
                    operation, pointers?[0], UInt8(LIBRADOS_CMPXATTR_OP_EQ), pointers?[1], key.count, value.count, code)
            }
        case .xattr(let name, let value):
            name.withCString { name in
                CStringTable([value]).withPointers { pointers, _, _ in
                    rados_write_op_cmpxattr(
                        operation, name, UInt8(LIBRADOS_CMPXATTR_OP_EQ), pointers?[0], value.count)
                }
            }
        }
    }

    private func add(_ mutation: WriteOperation.Mutation) {
        switch mutation {
        case .create:
            create()
        case .write(let bytes, let offset):
            bytes.withPointer { rados_write_op_write(operation, $0, bytes.count, offset) }
        case .writeFull(let bytes):
            bytes.withPointer { rados_write_op_write_full(operation, $0, bytes.count) }
        case .truncate(let size):
            // On a missing object, an OSD would answer 0 and do nothing.
            create()
            rados_write_op_truncate(operation, size)
        case .setXattr(let name, let value):
            name.withCString { name in
                CStringTable([value]).withPointers { pointers, _, _ in
                    rados_write_op_setxattr(operation, name, pointers?[0], value.count)
                }
            }
        case .removeXattr(let name):
            create()
            name.withCString { rados_write_op_rmxattr(operation, $0) }
        case .setOmap(let entries):
            let keys = CStringTable(entries.keys.map(\.bytes))
            let values = CStringTable(entries.values)
            keys.withPointers { keys, keyLengths, count in
                values.withPointers { values, valueLengths, _ in
                    rados_write_op_omap_set2(operation, keys, values, keyLengths, valueLengths, count)
                }
            }
        case .removeOmap(let keys):
            CStringTable(keys.map(\.bytes)).withPointers { keys, lengths, count in
                rados_write_op_omap_rm_keys2(operation, keys, lengths, count)
            }
        case .remove:
            rados_write_op_remove(operation)
        }
    }

    private func create() {
        rados_write_op_create(operation, Int32(LIBRADOS_CREATE_IDEMPOTENT), nil)
    }
}

extension WriteOperation {
    /// The number of bytes in its keys and values.
    fileprivate var bytes: Int {
        mutations.reduce(0) { sum, mutation in
            switch mutation {
            case .write(let bytes, _), .writeFull(let bytes): sum + bytes.count
            case .setXattr(let name, let value): sum + name.count + value.count
            case .setOmap(let entries): entries.reduce(sum) { $0 + $1.key.count + $1.value.count }
            case .removeOmap(let keys): keys.reduce(sum) { $0 + $1.count }
            case .create, .truncate, .removeXattr, .remove: sum
            }
        }
    }
}
#endif
