import AdminCore
import Presentation
import Foundation

/// The state of a store as metrics for Prometheus: everything that needs no pass over the registry.
nonisolated struct StoreMetrics: Sendable {
    let overview: Overview
    let uploads: [UploadSummary]
    let trash: TrashTotal
    let quarantine: QuarantineStatus
    /// The latest changes in the log, the latest first.
    let log: [AuditEntry]
    /// The latest complete run of `fsck`; nil if this user has recorded none.
    let fsck: FsckRecord?

    /// The number of changes in the log among which the latest of each kind is searched.
    private static let searched = 1000

    /// Reads directories, uploads, the log, the content of the trash and of the quarantine, and the
    /// record of `fsck`.
    ///
    /// - Throws: `StoreError`.
    static func read(_ session: Session) async throws -> StoreMetrics {
        async let overview = session.overview()
        async let uploads = session.registry.uploads()
        async let trash = TrashReader(registry: session.registry).total()
        async let quarantine = session.planner.quarantine()
        async let fsck = FsckRecord.read(of: session)
        let reader = AuditLogReader(storage: session.storage)
        var log = try await reader.latest(searched, now: session.clock.now)
        _ = try await reader.removeEarlier(from: &log)
        return try await StoreMetrics(
            overview: overview, uploads: uploads, trash: trash, quarantine: quarantine, log: log, fsck: fsck)
    }

    /// The metrics, each line with its newline.
    var text: String {
        var text = MetricText(common: ("store", overview.store.name))
        addStore(to: &text)
        addRegistry(to: &text)
        addQuarantine(to: &text)
        addJournal(to: &text)
        addLog(to: &text)
        addFsck(to: &text)
        return text.text
    }

    private func addStore(to text: inout MetricText) {
        let store = overview.store
        text.add(
            "regtop_store_info", "The store and the regtop that read it; the value is always 1.",
            .init(
                1, ("backend", store.backend.rawValue), ("client", store.client ?? ""), ("fsid", store.fsid ?? ""),
                ("version", BuildVersion.string)))
        text.add(
            "regtop_store_used_bytes", "Used bytes of the pool, as the cluster counts them, or of the file.",
            store.bytesUsed.map { [.init($0)] } ?? [])
        text.add(
            "regtop_store_objects", "Objects in the store, in all namespaces.",
            store.objects.map { [.init($0)] } ?? [])
        text.add(
            "regtop_chunk_size_mismatch", "1 if the files have another chunk size than regtop assumes, else 0.",
            .init(overview.chunkSize.other == nil ? 0 : 1))
    }

    private func addRegistry(to text: inout MetricText) {
        text.add("regtop_repositories", "Repositories.", .init(overview.repositories))
        text.add("regtop_tags", "Tags in all repositories.", .init(overview.tags))
        text.add("regtop_uploads", "Unfinished uploads.", .init(uploads.count))
        text.add("regtop_uploads_bytes", "Bytes of the unfinished uploads.", .init(sum(uploads.map(\.size))))
        text.add(
            "regtop_uploads_oldest_timestamp_seconds", "Start of the oldest unfinished upload.",
            oldest(uploads.map(\.lastKnown)))
        text.add("regtop_trash_entries", "Deletions in the trash.", .init(trash.count))
        text.add(
            "regtop_trash_bytes",
            "Bytes that the trash keeps: its files, and the blobs of its manifests, also those that other images need.",
            .init(trash.bytes))
        text.add(
            "regtop_trash_oldest_timestamp_seconds", "Time of the oldest deletion in the trash.",
            oldest([trash.oldest]))
    }

    private func addQuarantine(to text: inout MetricText) {
        func samples(_ number: (QuarantineStatus.Item) -> UInt64) -> [MetricText.Sample] {
            QuarantineStatus.Item.Kind.allCases.map { kind in
                .init(sum(quarantine.items.filter { $0.kind == kind }.map(number)), ("kind", kind.rawValue))
            }
        }
        text.add("regtop_quarantine_entries", "Things in the quarantine.", samples { UInt64($0.count) })
        text.add("regtop_quarantine_bytes", "Bytes in the quarantine.", samples(\.bytes))
        text.add(
            "regtop_quarantine_oldest_timestamp_seconds", "Time since which the oldest thing is in the quarantine.",
            oldest(quarantine.items.map(\.since)))
    }

    private func addJournal(to text: inout MetricText) {
        let states = Dictionary(grouping: overview.pending, by: \.state.word)
        text.add(
            "regtop_journal_changes", "Open changes in the journal.",
            PendingChange.State.words.map { .init(states[$0]?.count ?? 0, ("state", $0)) })
        text.add(
            "regtop_journal_oldest_timestamp_seconds", "Start of the oldest open change in the journal.",
            PendingChange.State.words.compactMap { word in
                states[word]?.compactMap(\.begun).min().map { .init($0, ("state", word)) }
            })
    }

    private func addLog(to text: inout MetricText) {
        let ended = log.compactMap { entry in entry.ended.map { (entry, $0) } }
        let latest = Dictionary(grouping: ended) { $0.0.action }
            .compactMap { action, changes in changes.first.map { (action: action, entry: $0.0, ended: $0.1) } }
            .sorted { $0.action < $1.action }
        text.add(
            "regtop_last_change_timestamp_seconds", "End of the latest change of each kind in the log.",
            latest.map { .init($0.ended, ("action", $0.action)) })
        text.add(
            "regtop_last_change_failures", "Targets of that change that were not done.",
            latest.map { change in
                .init(
                    change.entry.outcomes.filter { $0.key != ChangeResult.Outcome.done.rawValue }.values.reduce(0, +),
                    ("action", change.action))
            })
        text.add(
            "regtop_last_change_freed_bytes", "Bytes that this change frees by its plan.",
            latest.map { .init($0.entry.bytes, ("action", $0.action)) })
    }

    private func addFsck(to text: inout MetricText) {
        text.add(
            "regtop_fsck_last_run_timestamp_seconds", "End of the latest complete fsck of this user on this machine.",
            fsck.map { [.init($0.ended)] } ?? [])
        text.add("regtop_fsck_errors", "Errors that this fsck left.", fsck.map { [.init($0.errors)] } ?? [])
    }

    private func oldest(_ dates: [Date?]) -> [MetricText.Sample] {
        dates.compactMap(\.self).min().map { [.init($0)] } ?? []
    }

    private func sum(_ numbers: [UInt64]) -> UInt64 { numbers.reduce(0, addingCapped) }
}
