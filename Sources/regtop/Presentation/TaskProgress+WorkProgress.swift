package import AdminCore
package import SafeText

extension TaskProgress {
    /// The progress that the core reports.
    package init(_ progress: WorkProgress) {
        self.init(
            done: progress.completed, total: progress.total, unit: progress.unit == .bytes ? Self.bytes : "",
            note: progress.phase)
    }
}
