package import AdminCore
import SafeText

/// The confirmation of changes in the console. No setting asks for less than the normal one.
package nonisolated enum Confirmation: String, CaseIterable, Sendable {
    /// `y`, or a typed text if the change is large or cannot be undone.
    case normal
    /// A typed text for every change.
    case alwaysTyped = "always-typed"

    /// The text to type for a change that needs no typed text by itself; nil if `y` is enough.
    package func typed(_ text: String) -> String? { self == .alwaysTyped ? text : nil }
}

/// A frozen plan and its results in words: the same on the command line and in the console.
package struct PlanWords {
    package let plan: any ShownPlan
    private let confirmation: Confirmation

    package init(_ plan: any ShownPlan, _ confirmation: Confirmation = .normal) {
        self.plan = plan
        self.confirmation = confirmation
    }

    // MARK: - Before the change

    /// The change in a few words, such as `Delete app/web`. Says so if nothing brings back what it
    /// takes away.
    package var title: String {
        let title =
            plan is CollectionPlan
            ? "One step of the collection" : "\(Self.capitalised(plan.action.infinitive)) \(subject)"
        return title + permanence
    }

    /// The question. Everything that the answer depends on is in `lines`.
    package var question: String {
        plan is CollectionPlan ? "Run this step\(permanence)?" : "\(title)\(destination)?"
    }

    private var permanence: String {
        guard plan.isPermanent else { return "" }
        return plan.action == .remove || plan.action == .purge ? " FOR GOOD, no trash" : " FOR GOOD"
    }

    /// The change, its cost and the notes.
    package var lines: [PlanLine] { targets + impact + staying + notes }

    /// The same for a screen that shows only the beginning: the cost and the warnings, and then the
    /// names.
    package var rows: (summary: [PlanLine], names: [PlanLine]) {
        let own = plan.subjects.count == 1 || plan is CollectionPlan ? targets : []
        let (lists, facts) = (impact.filter(\.isList), impact.filter { !$0.isList })
        return (own + facts.flatMap(\.rows) + notes, lists.flatMap(\.rows) + (own.isEmpty ? targets : []) + staying)
    }

    private var impact: [PlanLine] {
        if let collection = plan as? CollectionPlan, plan.targetNames.isEmpty, !collection.obstacles.isEmpty {
            return collection.obstacles.map { PlanLine("blocked: \($0)", .bad) }
        }
        let isEmpty = plan.targetNames.isEmpty && plan.impact == Impact()
        return isEmpty ? [PlanLine("nothing to \(plan.action.infinitive)")] : plan.impactLines
    }

    private var staying: [PlanLine] {
        plan.choices.filter { !$0.goes }.map { choice in
            PlanLine("stays   ", .dim).adding("\(choice.reference)").adding("  \(choice.reason)", .dim)
        }
    }

    private var notes: [PlanLine] { plan.notes.map { PlanLine("! ", .warning).adding($0, .warning) } }

    /// `lines` as text that is safe to print.
    package var text: String {
        lines.map { VisibleText.of($0.text) + "\n" }.joined()
    }

    /// The text that a person has to type to confirm the removal of whole repositories, of very
    /// much or of very many, a replaced tag, or what cannot be undone; nil where `y` is enough. It
    /// is the name of the target; of several targets their number; of a collection `free`. A user
    /// who always types types for every other change as well.
    package var typed: String? {
        guarded
            ?? confirmation.typed(
                plan is CollectionPlan
                    ? "collect"
                    : plan.subjects.count == 1 && Self.isTypeable(subject) ? subject : "\(plan.subjects.count)")
    }

    /// The text that every user has to type.
    private var guarded: String? {
        let isWhole: Bool
        switch plan {
        case is CollectionPlan: return plan.isPermanent ? "free" : nil
        case let plan where plan.action == .move || plan.action == .copy:
            guard !plan.impact.tags.isEmpty, let destination = plan.destination else { return nil }
            return Self.isTypeable(destination) ? destination : "replace"
        case let plan as ChangePlan where plan.action == .remove:
            isWhole = plan.targets.contains { $0.reference.selector == .repository }
        case is SelectedRemoval, is UploadsPlan, is EmptyPlan: isWhole = false
        default: return nil
        }
        let isMuch = plan.impact.reclaimable >= Self.much || plan.subjects.count >= Self.many
        guard isWhole || isMuch || plan.isPermanent else { return nil }
        return plan.subjects.count == 1 && Self.isTypeable(subject) ? subject : "\(plan.subjects.count)"
    }

    /// False for a name from the pool with characters that no keyboard has.
    private static func isTypeable(_ name: String) -> Bool { name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } }

    /// In bytes.
    private static let much: UInt64 = 1 << 30
    private static let many = 50

    private var targets: [PlanLine] {
        let choices = Dictionary(plan.choices.map { ($0.reference.description, $0) }) { first, _ in first }
        let verb = plan.verb
        return zip(plan.subjects, plan.targetNames).map { subject, name in
            var line =
                verb.isEmpty ? PlanLine(subject) : PlanLine(verb + Self.gap(after: verb), .dim).adding(subject, .title)
            if subject != name, !verb.isEmpty { line = line.adding("  (\(name))", .dim) }
            if let choice = choices[subject] {
                let others =
                    choice.sharedWith.isEmpty ? "" : "; its manifest stays with \(PlanLine.list(choice.sharedWith))"
                line = line.adding("  \(choice.reason)\(others)", .dim)
            }
            guard let destination = plan.destination else { return line }
            return line.adding("  \(plan.preposition)  ", .dim).adding(destination, .title)
        }
    }

    // MARK: - During and after the change

    /// The change while it runs, such as `deleting app/web`.
    package var label: String { plan is CollectionPlan ? "collecting" : "\(plan.action.doing) \(subject)" }

    /// The sentence after a change that did all of its work.
    package var done: String {
        if let plan = plan as? CollectionPlan {
            let next = plan.nextFreeAfter.map { " The next step can free data after \(HumanText.second($0))." }
            return "Done: \(Self.sums(plan)).\(next ?? "")"
        }
        let done = "\(Self.capitalised(plan.action.done)) \(subject)\(destination)"
        guard let change = (plan as? SelectedRemoval)?.plan ?? plan as? ChangePlan, change.action == .remove else {
            return done + "."
        }
        return change.skipsTrash
            ? "\(done); a collection can free \(HumanText.bytes(plan.impact.reclaimable))." : "\(done) to the trash."
    }

    /// The work of a step of the collection in bytes.
    private static func sums(_ plan: CollectionPlan) -> String {
        func sum(_ works: [CollectionPlan.Part.Work]) -> UInt64 {
            plan.parts.filter { works.contains($0.work) }.map(\.bytes).reduce(0, addingCapped)
        }
        let back = sum([.restore])
        return "quarantined \(HumanText.bytes(sum([.quarantine, .note, .watch])))"
            + ", freed \(HumanText.bytes(sum([.free, .trim, .finish])))"
            + (back > 0 ? ", brought back \(HumanText.bytes(back))" : "")
    }

    /// The name of a target of the results for people.
    package func name(of result: ChangeResult) -> String {
        guard plan is CollectionPlan else { return result.target }
        return zip(plan.targetNames, plan.subjects).first { $0.0 == result.target }?.1 ?? result.target
    }

    /// The results, one line each, with the trash id of everything that is in the trash.
    package func text(_ results: [ChangeResult]) -> String {
        results.map { result in
            let word = result.outcome == .done ? plan.action.done : result.outcome.rawValue
            let replaced = plan.action == .move || plan.action == .copy ? "the replaced tag is " : ""
            let trash = result.trash.map { "  \(replaced)in the trash as \($0)" } ?? ""
            return VisibleText.of("\(word)  \(result.target)\(trash)") + "\n"
        }.joined()
    }

    /// One sentence for each error of the results, with all targets that have it.
    package func failures(_ results: [ChangeResult]) -> [String] {
        var errors: [String] = []
        var groups: [String: [ChangeResult]] = [:]
        for result in results {
            guard let error = result.error else { continue }
            let key = "\(result.outcome): \(error)"
            if groups[key] == nil { errors.append(key) }
            groups[key, default: []].append(result)
        }
        return errors.compactMap { groups[$0] }.compactMap { group in
            guard let first = group.first, let error = first.error else { return nil }
            let targets =
                group.count == 1
                ? first.target : "\(HumanText.count(group.count, "target")) (\(PlanLine.list(group.map(\.target))))"
            return switch first.outcome {
            case .unknown: "it is unknown whether \(targets) \(group.count == 1 ? "was" : "were") changed: \(error)"
            case .skipped: "skipped \(plan.action.doing) \(targets): \(error)"
            default: "\(plan.action.doing) \(targets) failed: \(error)"
            }
        }
    }

    // MARK: - Parts

    /// "app/web", or "3 targets". The digest of a copied manifest is shortened, so that the new
    /// name has room beside it.
    private var subject: String {
        if let source = (plan as? CopyPlan)?.source, case .digest(let digest) = source.selector {
            return "\(source.repository)@\(digest.hex.prefix(12))…"
        }
        guard plan.subjects.count == 1, let one = plan.subjects.first else {
            return HumanText.count(plan.subjects.count, "target")
        }
        return one
    }

    private var destination: String { plan.destination.map { " \(plan.preposition) \($0)" } ?? "" }

    private static func gap(after verb: String) -> String { String(repeating: " ", count: max(1, 8 - verb.count)) }

    private static func capitalised(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }
}
