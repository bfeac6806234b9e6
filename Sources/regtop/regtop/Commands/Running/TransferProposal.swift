import AdminCore
import Presentation
import SafeText

/// The way from a transfer to its report: plans, shows the plan or asks, copies and reports.
nonisolated struct TransferProposal: Sendable {
    let context: CommandContext
    let change: ChangeOptions
    let format: OutputFormat
    /// The source, for people.
    let source: String
    /// The target, for people.
    let target: String
    /// True if the result goes to standard error, since standard output is the archive.
    var isQuiet = false
    /// True to show the plan and ask, unless `--yes` is given.
    let asks: Bool

    /// - Throws: `CommandFailure` if the answer was No, or if something is left out.
    func run(_ transfer: Transfer, _ references: [ImageReference]?) async throws {
        let plan = try await self.plan(transfer, references)
        let words = TransferWords(plan, to: target)
        if !plan.leftOut.isEmpty { try await context.warnOfChunkSize() }
        guard !change.dryRun else {
            try await print(words, nil)
            return try check(plan, TransferReport())
        }
        if asks, !change.yes {
            context.progress.clear()
            context.streams.tell(words.text)
            guard try await Question.ask(words.question, context.streams) else {
                throw CommandFailure("nothing was changed")
            }
        }
        let report = try await transfer.run(plan, progress: context.progress.handler)
        try await print(words, report)
        try check(plan, report)
    }

    private func plan(_ transfer: Transfer, _ references: [ImageReference]?) async throws -> TransferPlan {
        let handler = context.progress.handler
        guard let one = references?.first, references?.count == 1 else {
            return try await transfer.plan(references, progress: handler)
        }
        do {
            return try await transfer.plan([one], progress: handler)
        } catch StorageError.notFound {
            throw CommandFailure("\(one) does not exist in \(source)")
        } catch ChangeError.notFound {
            throw CommandFailure("\(one) does not exist in \(source)")
        }
    }

    private func print(_ words: TransferWords, _ report: TransferReport?) async throws {
        let plain = report.map(words.text) ?? words.text
        if isQuiet, report != nil {
            context.progress.end()
            context.streams.tell(
                format == .plain ? plain : words.json(report).text(pretty: format == .jsonPretty) + "\n")
        } else {
            try await context.print(format, json: words.json(report), plain: plain)
        }
    }

    private func check(_ plan: TransferPlan, _ report: TransferReport) throws {
        guard plan.leftOut.isEmpty, report.leftOut.isEmpty, report.refused.isEmpty else {
            throw CommandFailure("", status: ExitStatus.damaged)
        }
    }
}
