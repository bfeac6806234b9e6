package import ObjectStore
import Foundation

/// The journal of a pool: the changes that are under way, that were interrupted, or that wait for
/// their last look. `Intent` describes the format.
///
/// Concurrency: a value; several programs may use one journal. Errors: those of the driver.
package struct Journal: Sendable {
    /// The RADOS namespace of everything of regtop's own. No registry reads it.
    package static let namespace = "regtop"
    /// The object that holds all intents. It exists only while there are any.
    static let object = ObjectID("journal", namespace: namespace)

    /// The keys of one intent.
    package struct Entry: Sendable {
        package let id: String
        /// The value of the head: the guard of every change.
        package let value: [UInt8]
        /// All keys of the intent.
        package let keys: [ByteString]
        /// The intent, or the reason why it cannot be read.
        let content: Result<Intent, Intent.Unreadable>

        package var intent: Intent? { try? content.get() }
    }

    let writer: StorageWriter
    let policy: JournalPolicy

    private var reader: StorageReader { writer.reader }

    // MARK: - Reading

    /// All intents, in the order in which they began.
    package func entries() async throws -> [Entry] {
        try await Journal.entries(of: reader)
    }

    /// All intents, in the order in which they began.
    package static func entries(of reader: StorageReader) async throws -> [Entry] {
        entries(of: try await reader.objects.wholeOmap(of: Journal.object)?.omap ?? [])
    }

    /// The identifiers of files that are being moved, or wait for the last look: their references
    /// may be on their way.
    package static func blobs(of reader: StorageReader) async throws -> Set<BlobIdentifier> {
        try await entries(of: reader).reduce(into: []) { $0.formUnion($1.intent?.blobs ?? []) }
    }

    private static func entries(of omap: [OmapEntry]) -> [Entry] {
        var entries: [Entry] = []
        for (id, keys) in Dictionary(grouping: omap, by: { id(of: $0.key) }) {
            let head = keys.first { $0.key == ByteString(id) }
            let heard = keys.first { $0.key == Journal.heard(id) }
            let parts = keys.filter { $0.key.hasPrefix(ByteString(id + "/")) }
            // A time alone means nothing: its owner wrote it just before the intent ended.
            if keys.allSatisfy({ $0.key == Journal.heard(id) }) { continue }
            entries.append(
                DecodedIntents.entry(for: keys) {
                    Entry(
                        id: id, value: head?.value ?? [], keys: keys.map(\.key),
                        content: Result { () throws(Intent.Unreadable) in
                            try intent(id, head, parts, heard)
                        })
                })
        }
        return entries.sorted { $0.id < $1.id }
    }

    private static func intent(
        _ id: String, _ head: OmapEntry?, _ parts: [OmapEntry], _ heard: OmapEntry?
    ) throws(Intent.Unreadable) -> Intent {
        guard let head else { throw Intent.Unreadable("it has no head") }
        do {
            let decoded = try Intent.decodeHead(head.value)
            guard decoded.parts == parts.count else {
                throw Intent.Unreadable("it has \(parts.count) parts, and its head says \(decoded.parts)")
            }
            return Intent(
                id: id, head: decoded, body: try Intent.decodeBody(decoded.kind, parts.map(\.value)),
                heard: heard.flatMap { Double(String(decoding: $0.value, as: UTF8.self)) }.map(
                    Date.init(timeIntervalSince1970:)))
        } catch let error as Intent.Unreadable {
            throw error
        } catch {
            throw Intent.Unreadable("\(error)")
        }
    }

    /// The id of a key: the bytes before the first `/` or `!`.
    private static func id(of key: ByteString) -> String {
        let bytes = key.bytes.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "!") }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func heard(_ id: String) -> ByteString { ByteString(id + "!") }

    fileprivate static func part(_ id: String, _ index: Int) -> ByteString {
        let digits = String(index)
        return ByteString("\(id)/\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits)")
    }

    // MARK: - Writing

    /// What is read before an intent is written.
    package struct Basis: Sendable {
        let footing: Footing?
        /// The object of the journal; nil if there is none.
        let state: ObjectState?
    }

    /// Reads what an intent with this body needs. Only the paths in the body matter.
    func basis(for body: Intent.Body) async throws -> Basis {
        let (footing, state) = try await reader.both {
            if let top = body.top { try await reader.footing(below: top) } else { nil as Footing? }
        } and: {
            try await reader.objects.wholeOmap(of: Journal.object)
        }
        return Basis(footing: footing, state: state)
    }

    /// Writes an intent, before anything that it names is touched. In the same operation its files
    /// are taken out of deferred intents: the new intent makes the last look at them.
    ///
    /// - Parameter basis: an earlier reading. If the journal was changed since, the guard refuses
    ///   the first attempt, and the journal is read again.
    package func begin(_ body: Intent.Body, _ what: String, on basis: Basis? = nil) async throws -> OpenIntent {
        let basis = if let basis { basis } else { try await self.basis(for: body) }
        let moment = policy.now
        let id = RecordKey.new(at: moment)
        let parts = try Intent.encode(body)
        let head = Intent.Head(
            kind: body.kind, state: .begun, owner: policy.owner, begun: moment, parts: parts.count, what: what,
            footing: basis.footing)
        let intent = Intent(id: id, head: head, body: body, heard: moment)
        let value = try Intent.encode(head)
        var keys = Dictionary(
            uniqueKeysWithValues: parts.enumerated().map { (Journal.part(id, $0.offset), $0.element) })
        keys[ByteString(id)] = value
        keys[Journal.heard(id)] = Journal.time(moment)
        // Noted before another process can read the intent.
        IntentsAtWork.insert(id)
        do {
            try await supersede(intent.blobs, with: keys, intent, intent.place, after: basis.state)
        } catch {
            IntentsAtWork.remove(id)
            throw error
        }
        let open = OpenIntent(journal: self, intent: intent, value: value, keys: Array(keys.keys))
        await open.beginHeartbeat()
        return open
    }

    /// Takes files with these identifiers, which are about to be removed, out of deferred intents.
    package func forget(_ blobs: Set<BlobIdentifier>, of place: StoragePath) async throws {
        let state = try await reader.objects.wholeOmap(of: Journal.object)
        try await supersede(blobs, with: [:], nil, place, after: state)
    }

    /// Sets the keys of a new intent. In the same operation takes its files out of deferred
    /// intents, and voids marks if the intent moves references.
    private func supersede(
        _ blobs: Set<BlobIdentifier>, with new: [ByteString: [UInt8]], _ intent: Intent?, _ place: StoragePath,
        after known: ObjectState?
    ) async throws {
        var state = known
        for attempt in 0..<StorageWriter.attempts {
            if attempt > 0 { state = try await reader.objects.wholeOmap(of: Journal.object) }
            var keys = new
            var gone: [ByteString] = []
            for entry in Journal.entries(of: state?.omap ?? []) {
                guard let changed = try entry.disturbed(by: intent, blobs) else { continue }
                gone += Set(entry.keys).subtracting(changed.keys)
                keys.merge(changed) { _, new in new }
            }
            if keys.isEmpty, gone.isEmpty { return }
            var mutations: [WriteOperation.Mutation] = []
            if !gone.isEmpty { mutations.append(.removeOmap(gone)) }
            if !keys.isEmpty { mutations.append(.setOmap(keys)) }
            let condition: WriteOperation.Guard = state.map { .version($0.version) } ?? .doesNotExist
            let known = intent.map { ByteString($0.id) }
            let applied = try await writer.perform(
                WriteOperation(guards: [condition], mutations), on: Journal.object, for: place
            ) { [reader] in
                guard let known else { return nil }
                return try await reader.value(of: known, in: Journal.object) != nil
            }
            if applied {
                if keys.isEmpty { try await Intent.store.removeIfEmpty(by: writer, of: place) }
                return
            }
        }
        throw StorageWriter.contention(Journal.object)
    }

    /// Replaces a head. False if the head is not `old` any more: another process has taken the
    /// intent over, or ended it.
    package func exchange(_ id: String, _ old: [UInt8], for new: [UInt8], of place: StoragePath) async throws -> Bool {
        try await Intent.store.exchange(
            ByteString(id), old, for: new, setting: [Journal.heard(id): Journal.time(policy.now)], by: writer,
            of: place)
    }

    /// Removes an intent. False if its head is not `value` any more.
    @discardableResult
    package func remove(_ id: String, _ value: [UInt8], _ keys: [ByteString], of place: StoragePath) async throws
        -> Bool
    {
        try await Intent.store.remove(keys, if: ByteString(id), has: value, by: writer, of: place)
    }

    /// Removes an intent, whatever its head is.
    func discard(_ id: String) async throws {
        for entry in try await entries() where entry.id == id {
            try await remove(id, entry.value, entry.keys, of: .root)
        }
    }

    /// Writes that the owner of an intent is working on it. Does nothing if the head has changed.
    func beat(_ id: String, _ value: [UInt8]) async {
        _ = await writer.objects.apply(
            WriteOperation(
                guards: [.omapValue(key: ByteString(id), equals: value)],
                [.setOmap([Journal.heard(id): Journal.time(policy.now)])]), to: Journal.object)
    }

    /// Removes keys without meaning, and the object if it is empty: left-overs of a process that
    /// stopped while an intent ended.
    func tidyUp() async throws {
        let object = Journal.object
        guard let state = try await reader.objects.wholeOmap(of: object) else { return }
        let known = Set(Journal.entries(of: state.omap).flatMap(\.keys))
        let strays = state.omap.map(\.key).filter { !known.contains($0) }
        if !strays.isEmpty {
            _ = try await writer.perform(
                WriteOperation(guards: [.version(state.version)], [.removeOmap(strays)]), on: object, for: .root
            ) { [reader] in
                try await reader.value(of: strays[0], in: object) == nil
            }
        }
        if known.isEmpty { try await Intent.store.removeIfEmpty(by: writer, of: .root) }
    }

    private static func time(_ moment: Date) -> [UInt8] {
        Array(String(moment.timeIntervalSince1970).utf8)
    }
}

extension Journal.Entry {
    /// The new keys of this entry when an intent begins or files are removed: none if the entry
    /// ends, nil if it stays as it is.
    fileprivate func disturbed(
        by new: Intent?, _ blobs: Set<BlobIdentifier>
    ) throws -> [ByteString: [UInt8]]? {
        guard let intent else { return nil }
        if intent.head.kind == .mark, let new, [.move, .copy, .claims].contains(new.head.kind) {
            var head = intent.head
            head.revision += 1
            return [ByteString(id): try Intent.encode(head)]
        }
        return try without(blobs)
    }

    /// The new keys of a deferred intent without the files of these identifiers.
    private func without(_ blobs: Set<BlobIdentifier>) throws -> [ByteString: [UInt8]]? {
        guard let intent, intent.head.state.isDeferred, !intent.blobs.isDisjoint(with: blobs),
            case .move(let stages, let floor, let keeps) = intent.body
        else { return nil }
        let left = stages.map { $0.filter { !blobs.contains($0.blob) } }
        if left.allSatisfy(\.isEmpty) { return [:] }
        let parts = try Intent.encode(.move(left, floor: floor, keepsDirectories: keeps))
        var head = intent.head
        head.parts = parts.count
        head.revision += 1
        var keys = Dictionary(
            uniqueKeysWithValues: parts.enumerated().map { (Journal.part(id, $0.offset), $0.element) })
        keys[ByteString(id)] = try Intent.encode(head)
        return keys
    }
}

extension Journal {
    /// Makes this process the owner of an intent. nil if the intent has changed since `entry` was
    /// read.
    func takeOver(_ entry: Entry, as state: Intent.State) async throws -> OpenIntent? {
        guard var intent = entry.intent else { return nil }
        intent.head.state = state
        intent.head.owner = policy.owner
        let value = try Intent.encode(intent.head)
        IntentsAtWork.insert(intent.id)
        do {
            if try await exchange(intent.id, entry.value, for: value, of: intent.place) {
                let open = OpenIntent(journal: self, intent: intent, value: value, keys: entry.keys)
                await open.beginHeartbeat()
                return open
            }
        } catch {
            IntentsAtWork.remove(intent.id)
            throw error
        }
        IntentsAtWork.remove(intent.id)
        return nil
    }
}
