// The article of the same name shows the code between the marks; `ExampleTests` compares them.
// begin
import AdminCore

/// Moves an image into the trash if the user agrees. Returns a sentence for each event.
func remove(
    _ reference: ImageReference, in session: Session, confirm: (ChangePlan) async -> Bool
) async throws -> [String] {
    guard let admin = session.admin else { return ["this session is read-only"] }
    // Completes or undoes interrupted changes first, so that the plan sees the result.
    var report = try await admin.settleJournal()

    let plan = try await session.planner.removal(of: [reference])
    guard await confirm(plan) else { return report }

    for result in await admin.apply(plan) {
        switch result.outcome {
        case .done: report.append("\(result.target) is in the trash")
        case .failed, .unknown, .skipped: report.append(result.error ?? "\(result.outcome)")
        }
    }
    return report
}
// end
