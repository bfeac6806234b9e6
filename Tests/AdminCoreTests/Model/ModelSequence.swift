@testable import Changes
@testable import Registry
@testable import SampleRegistry
@testable import StorageDriver

/// A random sequence of changes that is carried out on a store and on the model. Some changes stop
/// at a random operation and are recovered.
struct ModelSequence {
    /// A difference between the store and the model.
    struct Divergence: Error, CustomStringConvertible {
        let description: String
    }

    private let store: StoreUnderTest
    private var random: SeededGenerator
    private var model = RegistryModel()
    /// The digests of all blobs that were pushed. No change removes a blob.
    private var blobs: Set<String> = []
    private(set) var history: [String] = []
    private(set) var crashes = 0

    private static let names = ["a", "a/x", "b", "c/d"]
    private static let tags = ["1", "2", "latest"]
    private static let images = (0..<4).map { ModelImage($0, hash: RawRegistry.hash) }

    init(_ store: StoreUnderTest, seed: String) {
        self.store = store
        random = SeededGenerator(seed: seed)
    }

    /// Carries out a random number of changes within `steps`. Throws `Divergence` if the store
    /// differs from the model. No other error is expected.
    mutating func run(steps: ClosedRange<Int>) async throws {
        for _ in 0..<Int.random(in: steps, using: &random) {
            guard let (change, after) = draw() else { continue }
            let stops = Int.random(in: 0..<3, using: &random) == 0
            if case .push(let name, let tag, let image) = change {
                history.append(change.description)
                try await push(name, tag, image)
                model = try await settled(after, RawRegistry(store.reader))
            } else if stops {
                history.append("\(change), stopped")
                try await stop(change, after)
            } else {
                history.append(change.description)
                try await perform(change, on: store.driver(chunkSize: 4 << 20))
                model = try await settled(after, RawRegistry(store.reader))
            }
        }
    }

    /// Returns a random change that is possible now, and the model after it; nil if it finds no
    /// such change.
    private mutating func draw() -> (Change, RegistryModel)? {
        for _ in 0..<20 {
            let change = draft()
            if let after = model.after(change) { return (change, after) }
        }
        return nil
    }

    private mutating func draft() -> Change {
        let name = pick(model.repositories.isEmpty ? Self.names : model.repositories.keys.sorted())
        let repository = model.repositories[name] ?? RegistryModel.Repository()
        let tag = pick(repository.tags.isEmpty ? Self.tags : repository.tags.keys.sorted())
        let toTrash = Int.random(in: 0..<4, using: &random) > 0
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<4: return .push(pick(Self.names), tag: pick(Self.tags), pick(Self.images))
        case 4: return .delete(.repository, name, "", toTrash: toTrash)
        case 5: return .delete(.tag, name, tag, toTrash: toTrash)
        case 6: return .delete(.revision, name, pick(repository.revisions.sorted() + [""]), toTrash: toTrash)
        case 7: return .renameRepository(name, pick(Self.names + ["e"]))
        case 8: return .renameTag(name, tag, pick(Self.tags + ["new"]))
        case 9, 10:
            let id = pick(model.trash.keys.sorted() + (model.trash.isEmpty ? [""] : []))
            let isRepository = model.trash[id]?.kind == .repository
            return .restore(id, as: isRepository && Bool.random(using: &random) ? pick(Self.names + ["f"]) : nil)
        default: return .empty
        }
    }

    private mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &random)]
    }

    /// Pushes an image as the old registry does.
    private mutating func push(_ name: String, _ tag: String, _ image: ModelImage) async throws {
        let root = "/docker/registry/v2"
        for blob in [image.layer, image.config, image.manifest] where !blobs.contains(blob.digest) {
            try await put("\(root)/blobs/sha256/\(blob.digest.prefix(2))/\(blob.digest)/data", blob.content)
            blobs.insert(blob.digest)
        }
        let own = "\(root)/repositories/\(name)"
        let digest = image.manifest.digest
        for blob in [image.layer, image.config] {
            try await link("\(own)/_layers/sha256/\(blob.digest)/link", blob.digest)
        }
        try await link("\(own)/_manifests/revisions/sha256/\(digest)/link", digest)
        try await link("\(own)/_manifests/tags/\(tag)/index/sha256/\(digest)/link", digest)
        try await link("\(own)/_manifests/tags/\(tag)/current/link", digest)
    }

    private func link(_ path: String, _ digest: String) async throws {
        try await put(path, Array("sha256:\(digest)".utf8))
    }

    private func put(_ path: String, _ content: [UInt8]) async throws {
        try await OldDriver(reader: store.reader, writer: store.writer, chunkSize: 4 << 20).put(path, content)
    }

    /// Carries out a change with `RegistryAdmin`. Throws `AdminRefusal` if the change was not done.
    private func perform(_ change: Change, on driver: StorageDriver) async throws {
        let registry = RegistryReader(storage: driver.reader)
        let planner = ChangePlanner(registry: registry, policy: driver.policy)
        func reference(_ text: String) throws -> ImageReference {
            guard let reference = ImageReference(text) else { throw Divergence(description: "\(text) is no reference") }
            return reference
        }
        func apply(_ plan: some Plan) async throws {
            let results = await RegistryAdmin(registry: registry, driver: driver).apply(plan)
            guard results.allSatisfy({ $0.outcome == .done }) else { throw AdminRefusal(results: results) }
        }
        switch change {
        case .push: break
        case .delete(let kind, let name, let what, let toTrash):
            let text =
                switch kind {
                case .repository: name
                case .tag: "\(name):\(what)"
                case .revision: "\(name)@sha256:\(what)"
                }
            try await apply(planner.removal(of: [reference(text)], skippingTrash: !toTrash))
        case .renameRepository(let old, let new):
            try await apply(planner.move(from: reference(old), to: reference(new)))
        case .renameTag(let name, let old, let new):
            try await apply(planner.move(from: reference("\(name):\(old)"), to: reference("\(name):\(new)")))
        case .restore(let id, let name):
            try await apply(planner.restoration(of: [id], as: name.map(reference)))
        case .empty: try await apply(planner.emptying())
        }
    }

    // MARK: - Stopping

    /// Carries out a change that stops at a random operation, then a recovery that may stop as
    /// well, then another recovery. Afterwards the change is either done or not done. Only an
    /// emptying of the trash and a deletion that skips the trash may be done in part.
    private mutating func stop(_ change: Change, _ after: RegistryModel) async throws {
        let cut = Int.random(in: 1...120, using: &random)
        let executed = Bool.random(using: &random)
        do {
            try await perform(change, on: dying(at: cut, executed))
        } catch {
            crashes += 1
        }
        if Bool.random(using: &random) {
            _ = try? await dying(at: Int.random(in: 1...40, using: &random), executed).recover()
        }
        for recovery in try await store.driver(chunkSize: 4 << 20).recover()
        where ![.undone, .finished, .checked].contains(recovery.outcome) {
            throw Divergence(description: "\(change), stopped at \(cut): \(recovery)")
        }
        let raw = try await RawRegistry(store.reader)
        var candidates = [model, after]
        if case .restore(let id, let name?) = change {
            // The deletion may already have its new name in the trash.
            var renamed = model
            renamed.trash[id]?.repository = name
            candidates.append(renamed)
        }
        if case .delete(_, let name, _, toTrash: false) = change {
            // A deletion that skips the trash removes link by link, and nothing takes that back:
            // tags first, then manifests, then layers.
            let left = raw.repositories[name]
            var partly = model
            partly.repositories[name] = left
            if let before = model.repositories[name],
                (left ?? .init()).isPartOf(before, asOrderedIn: after.repositories[name])
            {
                candidates.append(partly)
            }
        }
        if case .empty = change {
            let left = Set(raw.trash.keys)
            var partly = model
            partly.trash = model.trash.filter { left.contains($0.key) }
            candidates = [partly]
        }
        var reasons: [String] = []
        for candidate in candidates {
            do {
                model = try settled(candidate, raw)
                return
            } catch let divergence as Divergence {
                reasons.append(divergence.description)
            }
        }
        throw Divergence(
            description:
                "\(change), stopped at \(cut) \(executed ? "after" : "before"): neither before nor after: \(reasons)")
    }

    private func dying(at cut: Int, _ executed: Bool) -> StorageDriver {
        let recording = RecordingStore(store)
        recording.inject { step in
            if step.number < cut { return nil }
            return step.number == cut && executed ? .unknownApplied(.dead) : .unknownNotApplied(.dead)
        }
        return recording.underTest.driver(chunkSize: 4 << 20)
    }

    // MARK: - Comparing

    /// Returns the model with the id of the last deletion. Throws `Divergence` if the store differs
    /// from the model.
    private func settled(_ model: RegistryModel, _ raw: RawRegistry) throws -> RegistryModel {
        var model = model
        if let newest = model.trash.removeValue(forKey: RegistryModel.newest) {
            let new = Set(raw.trash.keys).subtracting(model.trash.keys)
            guard new.count == 1, let id = new.first else {
                throw Divergence(description: "new in the trash: \(new.sorted())")
            }
            model.trash[id] = newest
        }
        guard raw.faults.isEmpty else { throw Divergence(description: "\(raw.faults)") }
        guard raw.repositories == model.repositories else {
            throw Divergence(description: "expected \(model.repositories), found \(raw.repositories)")
        }
        let trash = model.trash.mapValues { Set([$0.repository]) }
        guard raw.trash == trash else {
            throw Divergence(description: "expected in the trash \(trash), found \(raw.trash)")
        }
        guard raw.blobs == blobs else {
            throw Divergence(description: "blobs are gone: \(blobs.subtracting(raw.blobs))")
        }
        return model
    }
}
