import Inspection
import ObjectStore
import Registry
import StorageDriver
import Foundation

/// Chooses repositories and tags for removal by rules. Only reads.
struct SelectionPlanner: Sendable {
    let registry: RegistryReader
    /// The moment from which ages count.
    let now: Date

    private var storage: StorageReader { registry.storage }

    /// See `ChangePlanner.selection(ofRepositories:)`.
    func repositories(by filter: Filter, progress: ProgressHandler?) async throws -> Selection {
        let inspector = UsageInspector(registry: registry)
        var unique: [RepositoryName: UInt64]?
        if !filter.fields.isDisjoint(with: [.unique, .shared]) {
            unique = try await inspector.usage(progress: progress).uniqueSizes
            // A part of the registry cannot show which content is unique.
            try Task.checkCancellation()
        }
        let pass = registry.pass()
        let names = try await pass.repositoryNames()
        let counter = ProgressCounter(phase: "repositories", total: UInt64(names.count), handler: progress)
        let choices = try await concurrentMap(names, window: storage.window) {
            [unique] name -> (choice: Selection.Choice, modified: Date?)? in
            defer { counter.advance() }
            guard let reference = ImageReference(name) else { return nil }
            do {
                let row = RepositoryCandidate(try await pass.summary(of: name), unique: unique?[name])
                let goes = filter.matches(row, now: now)
                let choice = Selection.Choice(
                    reference: reference, goes: goes, reason: "it \(goes ? "matches" : "does not match") \(filter)",
                    sharedWith: [])
                return (choice, row.summary.modified)
            } catch StorageError.notFound {
                return nil
            }
        }
        if !filter.fields.isDisjoint(with: Selection.dateFields) {
            let dates = choices.compactMap { $0?.modified }
            guard dates.count < 2 || !Selection.isOneDate(dates) else {
                throw ChangeError.unsuitable(
                    "all repositories were last written to within a minute, as in a pool that was copied: their dates do not say how old "
                        + "anything is; choose tags by when their images were made, with --tags-of and --by created")
            }
        }
        return Selection(choices: choices.compactMap { $0?.choice })
    }

    /// See `ChangePlanner.selection(ofTagsOf:_:)`.
    func tags(of name: RepositoryName, by retention: Retention) async throws -> Selection {
        var matched: Set<Int> = []
        let choices = try Selection.choices(
            try await registry.pass().tags(of: name), of: name, retention, now: now, matched: &matched)
        return Selection(choices: choices, notes: Selection.notes(choices, retention, matched))
    }

    /// See `ChangePlanner.selection(by:)`.
    func tags(by policy: Retention, progress: ProgressHandler?) async throws -> Selection {
        let pass = registry.pass()
        let names = try await registry.repositoryNames().filter { name in
            policy.rules.contains { $0.repositories?.matches(name.string) ?? false }
        }
        let counter = ProgressCounter(phase: "repositories", total: UInt64(names.count), handler: progress)
        let found = try await concurrentMap(names, window: storage.window) {
            name -> (choices: [Selection.Choice], matched: Set<Int>) in
            defer { counter.advance() }
            var matched: Set<Int> = []
            do {
                let tags = try await pass.tags(of: name)
                do {
                    return (try Selection.choices(tags, of: name, policy, now: now, matched: &matched), matched)
                } catch let problem as ChangeError {
                    let choices = tags.compactMap { tag in
                        ImageReference(name, .tag(tag.tag)).map {
                            Selection.Choice(reference: $0, goes: false, reason: "\(problem)", sharedWith: [])
                        }
                    }
                    return (choices, matched)
                }
            } catch StorageError.notFound {
                return ([], [])
            }
        }
        let choices = found.flatMap(\.choices)
        return Selection(
            choices: choices,
            notes: Selection.notes(choices, policy, found.reduce(into: []) { $0.formUnion($1.matched) }))
    }
}
