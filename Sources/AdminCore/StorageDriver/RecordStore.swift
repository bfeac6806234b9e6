package import ObjectStore
package import Foundation
import Synchronization

/// Records of one type, as JSON in the omap of one object. regtop keeps its own data in a pool in
/// such stores: the journal, the log of changes and the notes of surplus chunks.
///
/// The content of a pool is hostile: values that are no records are left out, and a value longer
/// than `limit` is not decoded.
///
/// Concurrency: a value; several programs may use one store. Errors: `StorageError`, and
/// `StoreError` from below.
package struct RecordStore<Record: Codable & Sendable>: Sendable {
    package let object: ObjectID
    /// The format of dates. Formats never change.
    package let dates: RecordDates
    /// The longest value that is decoded, in bytes.
    package var limit = 16 << 20

    package init(object: ObjectID, dates: RecordDates, limit: Int = 16 << 20) {
        self.object = object
        self.dates = dates
        self.limit = limit
    }

    // MARK: - JSON

    func encode(_ record: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = dates.encoding
        return Array(try encoder.encode(record))
    }

    /// Decodes a record; nil if the value is none.
    package func decode(_ value: [UInt8]) -> Record? { decode(Record.self, value) }

    /// Decodes a part of a record; nil if the value is none.
    func decode<Value: Decodable>(_ type: Value.Type, _ value: [UInt8]) -> Value? {
        guard value.count <= limit else { return nil }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = dates.decoding
        return try? decoder.decode(type, from: Data(value))
    }

    // MARK: - Reading

    /// All records by their keys. Other keys are left out.
    package func records(in reader: StorageReader) async throws -> [ByteString: Record] {
        let omap = try await reader.objects.wholeOmap(of: object)?.omap ?? []
        return Dictionary(omap.compactMap { entry in decode(entry.value).map { (entry.key, $0) } }) { first, _ in first
        }
    }

    // MARK: - Writing

    /// Sets records. If another process sets the same keys at once, the last write counts.
    package func set(_ records: [ByteString: Record], by writer: StorageWriter) async throws {
        let values = try records.mapValues(encode)
        guard let (known, value) = values.first else { return }
        _ = try await writer.perform(WriteOperation([.setOmap(values)]), on: object, for: .root) {
            try await writer.reader.value(of: known, in: object) == value
        }
    }

    /// Replaces the value of a key, and sets `others` with it. False if the key does not have the
    /// value `old` any more.
    func exchange(
        _ key: ByteString, _ old: [UInt8], for new: [UInt8], setting others: [ByteString: [UInt8]],
        by writer: StorageWriter, of place: StoragePath
    ) async throws -> Bool {
        try await writer.perform(
            WriteOperation(
                guards: [.omapValue(key: key, equals: old)], [.setOmap(others.merging([key: new]) { $1 })]),
            on: object, for: place
        ) {
            let value = try await writer.reader.value(of: key, in: object)
            return value == new ? true : value == old ? false : nil
        }
    }

    /// Removes keys, and the object with the last one. False if `key` does not have the value
    /// `value` any more.
    func remove(
        _ keys: [ByteString], if key: ByteString, has value: [UInt8], by writer: StorageWriter, of place: StoragePath
    ) async throws -> Bool {
        let applied = try await writer.perform(
            WriteOperation(guards: [.omapValue(key: key, equals: value)], [.removeOmap(keys)]), on: object, for: place
        ) {
            let present = try await writer.reader.value(of: key, in: object)
            return present == nil ? true : present == value ? false : nil
        }
        if applied { try await removeIfEmpty(by: writer, of: place) }
        return applied
    }

    /// Removes keys whatever their values are, and the object with the last one.
    package func remove(_ keys: Set<ByteString>, by writer: StorageWriter) async throws {
        for _ in 0..<StorageWriter.attempts {
            guard let state = try await writer.reader.objects.wholeOmap(of: object) else { return }
            let gone = state.omap.map(\.key).filter(keys.contains)
            let isLast = gone.count == state.omap.count
            if gone.isEmpty, !isLast { return }
            let applied = try await writer.perform(
                WriteOperation(guards: [.version(state.version)], [isLast ? .remove : .removeOmap(gone)]),
                on: object, for: .root
            ) {
                try await writer.reader.objects.read(.stat, of: object)?.version != state.version
            }
            if applied { return }
        }
        throw StorageWriter.contention(object)
    }

    /// Removes the object if it has no key.
    func removeIfEmpty(by writer: StorageWriter, of place: StoragePath) async throws {
        guard
            let state = try await writer.reader.objects.read(
                ReadOperation(omap: .page(after: nil, limit: 1)), of: object),
            state.omap.isEmpty
        else { return }
        _ = try await writer.perform(
            WriteOperation(guards: [.version(state.version)], [.remove]), on: object, for: place
        ) {
            try await writer.reader.objects.read(.stat, of: object)?.version != state.version
        }
    }
}

/// The format of dates in a `RecordStore`.
package enum RecordDates: Hashable, Sendable {
    /// As text, in whole seconds.
    case text
    /// Seconds since 1970.
    case seconds
    /// Milliseconds since 1970.
    case milliseconds

    fileprivate var encoding: JSONEncoder.DateEncodingStrategy {
        switch self {
        case .text: .iso8601
        case .seconds: .secondsSince1970
        case .milliseconds: .millisecondsSince1970
        }
    }

    fileprivate var decoding: JSONDecoder.DateDecodingStrategy {
        switch self {
        case .text: .iso8601
        case .seconds: .secondsSince1970
        case .milliseconds: .millisecondsSince1970
        }
    }
}

/// Keys that begin with a time.
package enum RecordKey {
    /// The number of keys that this process has made.
    private static let count = Atomic<Int>(0)

    /// A new key. Keys ascend with the time, those of one process and one millisecond in the order
    /// in which they are made, and no two are equal.
    package static func new(at moment: Date) -> String {
        let digits = String(count.wrappingAdd(1, ordering: .relaxed).newValue, radix: 36)
        return least(at: moment) + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
            + String(UInt64.random(in: .min ... .max), radix: 36)
    }

    /// A text that comes before all keys of a moment, and after all earlier ones.
    package static func least(at moment: Date) -> String {
        let digits = String(UInt64(max(0, moment.timeIntervalSince1970) * 1000))
        return String(repeating: "0", count: max(0, 15 - digits.count)) + digits + "-"
    }
}
