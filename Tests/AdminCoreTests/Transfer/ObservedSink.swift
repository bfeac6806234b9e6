import Foundation
import Synchronization

@testable import Registry
@testable import Transfer

/// A target in distribution's layout that is looked at after every step.
final class ObservedSink: TransferSink {
    private let base: RegistrySink
    private let files: FilesOfARegistry
    /// The faults that were seen, and the steps that were made.
    private let seen = Mutex((faults: [String](), steps: [String]()))
    /// The blob that is removed after the first `settle`, as a collection would.
    private let victim: String?

    var faults: [String] { seen.withLock(\.faults) }
    var steps: [String] { seen.withLock(\.steps) }

    init(directory: String, losing victim: String? = nil) throws {
        base = RegistrySink(try ConfinedDirectory(path: directory, creating: true))
        files = FilesOfARegistry(root: directory)
        self.victim = victim
    }

    func look(after step: String) throws {
        let faults = try files.faults()
        seen.withLock {
            $0.steps.append(step)
            $0.faults += faults.map { "\($0) after \(step)" }
        }
    }

    var isStream: Bool { false }
    func begin() async throws { try await base.begin() }

    func holds(_ digest: Digest, size: UInt64, hashing: Bool) async throws -> Bool {
        try await base.holds(digest, size: size, hashing: hashing)
    }

    func draft(_ digest: Digest, size: UInt64, modified: Date?) async throws -> any BlobDraft {
        Draft(base: try await base.draft(digest, size: size, modified: modified), sink: self)
    }

    func settle() async throws {
        try await base.settle()
        if let victim, seen.withLock({ !$0.steps.contains("settle") }) {
            try FileManager.default.removeItem(atPath: victim)
        }
        try look(after: "settle")
    }

    func linkBlobs(of repository: TransferPlan.Repository) async throws {
        try await base.linkBlobs(of: repository)
        try look(after: "layer links")
    }

    func linkManifests(of repository: TransferPlan.Repository) async throws {
        try await base.linkManifests(of: repository)
        try look(after: "manifest links")
    }

    func tag(_ repository: TransferPlan.Repository, _ plan: TransferPlan) async throws -> [TransferPlan.LeftOut] {
        let left = try await base.tag(repository, plan)
        try look(after: "tag")
        return left
    }

    func repositories() async throws -> [RepositoryName] { try await base.repositories() }
    func tags(of repository: RepositoryName) async throws -> [String: Digest] { try await base.tags(of: repository) }
    func remove(_ tags: [ImageReference]) async throws { try await base.remove(tags) }
    func end(isWhole: Bool) async throws { try await base.end(isWhole: isWhole) }

    private struct Draft: BlobDraft {
        let base: any BlobDraft
        let sink: ObservedSink

        func write(_ bytes: [UInt8]) async throws { try await base.write(bytes) }
        func discard() async { await base.discard() }

        func publish() async throws {
            try await base.publish()
            try sink.look(after: "blob")
        }
    }
}
