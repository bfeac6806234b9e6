import ObjectStore
package import Registry
import StorageDriver

/// The record of a copy into a registry, in the log of its changes: one entry before the first
/// write, and its ending after the last.
package struct CopyRecord: Sendable {
    private let admin: RegistryAdmin
    private let targets: [String]
    private let record: AuditLog.Record

    /// Writes the beginning. If the log cannot be written, the copy goes on.
    ///
    /// - Parameter names: The repositories that are copied.
    package init(of names: [RepositoryName], by admin: RegistryAdmin) async {
        self.admin = admin
        targets = names.map(\.string)
        let who = admin.by
        record = await AuditLog(driver: admin.driver).begin(
            AuditBeginning(
                begun: admin.driver.policy.now, user: who.user, host: who.host, process: who.process,
                client: who.client, action: "import", targets: Array(targets.prefix(AuditLog.longestList)),
                targetCount: targets.count, bytes: 0, objects: 0, reclaimable: 0))
    }

    /// Writes the ending.
    ///
    /// - Parameter isWhole: False if the copy stopped half-way.
    package func end(isWhole: Bool) async {
        let outcome = (isWhole ? ChangeResult.Outcome.done : .failed).rawValue
        let ending = AuditEnding(
            ended: admin.driver.policy.now, outcomes: [outcome: targets.count],
            results: targets.prefix(AuditLog.longestList).map {
                AuditEntry.Result(
                    target: $0, outcome: outcome, error: isWhole ? nil : "the copy was stopped; run it again",
                    trash: nil)
            })
        _ = await AuditLog(driver: admin.driver).end(record, ending)
    }
}
