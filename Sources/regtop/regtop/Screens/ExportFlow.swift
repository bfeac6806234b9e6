import AdminCore
import ConsoleKit
import Presentation
import SafeText
import Foundation

/// A copy of images out of the store, from the key to the report: target, plan, question, task.
struct ExportFlow {
    let store: OpenStore
    /// The screen on which the export begins.
    let screen: any Screen

    /// Asks for the target, beginning with the most usual one.
    func export(_ references: [ImageReference]) -> Effect {
        guard !references.isEmpty else { return .say(.info("None of these rows can be exported.")) }
        return .prompt(prompt(references, text: "registry:"))
    }

    private func prompt(_ references: [ImageReference], text: String, problem: String? = nil) -> Prompt {
        Prompt(label: "export to: ", text: text, problem: problem, complete: Self.completed) { typed in
            let text = String(typed.trimmingPrefix { $0 == " " })
            guard let place = try? TransferPlace.parse(text), !place.isStore, !place.isStandardOutput else {
                let problem = "\"\(text)\" is not a target; write registry:DIR, oci:DIR or oci-archive:FILE."
                return .prompt(prompt(references, text: typed, problem: problem))
            }
            return plan(references, place)
        }
    }

    private func plan(_ references: [ImageReference], _ place: TransferPlace) -> Effect {
        var plan: TransferPlan?
        let source = store.session.registry
        var query = Query.stream(Slot(screen, "plan"), "planning the export") {
            (reporter: Reporter<TransferPlan>) in
            let transfer = Transfer(from: source, to: Self.target(place))
            reporter.emit(try await transfer.plan(references) { reporter.progress(TaskProgress($0)) })
        } fold: {
            plan = $0.last
        } end: { ending in
            switch ending {
            case .finished: plan.map { propose($0, place) } ?? .none
            case .cancelled: .say(.info("Nothing was exported."))
            case .failed(let error): .failure(error)
            }
        }
        query.isPlanning = true
        return .ask(query)
    }

    private func propose(_ plan: TransferPlan, _ place: TransferPlace) -> Effect {
        let words = TransferWords(plan, to: "\(place)")
        return .propose(
            Proposal(
                title: "Export to \(place)", lines: words.lines.map { Line($0) }, question: words.question,
                owner: screen
            ) { run(plan, place) })
    }

    /// Copies. The task goes on after the user leaves the screen.
    private func run(_ plan: TransferPlan, _ place: TransferPlace) -> Effect {
        let source = store.session.registry
        var report: TransferReport?
        var query = Query.stream(Slot(screen, "export"), "exporting to \(place)") {
            (reporter: Reporter<TransferReport>) in
            let transfer = Transfer(from: source, to: Self.target(place))
            reporter.emit(try await transfer.run(plan) { reporter.progress(TaskProgress($0)) })
        } fold: {
            report = $0.last
        } end: { ending in
            switch ending {
            case .finished: report.map { Self.said(plan, $0, place) } ?? .none
            case .cancelled: .say(.info("The export was stopped. Run it again to copy the rest."))
            case .failed(let error): .failure(error)
            }
        }
        query.outlivesItsScreen = true
        return .ask(query)
    }

    private static func said(_ plan: TransferPlan, _ report: TransferReport, _ place: TransferPlace) -> Effect {
        let left = plan.leftOut.count + report.leftOut.count
        let done = "\(HumanText.count(report.tags, "tag")) and \(HumanText.bytes(report.bytes)) copied to \(place)"
        guard left > 0 else { return .say(.info("\(done).")) }
        let first = (plan.leftOut + report.leftOut).first.map { " \($0.target): \($0.reason)" } ?? ""
        return .say(.failure("\(done); \(HumanText.count(left)) left out.\(first)"))
    }

    /// The target. Nothing is created before the first write.
    private nonisolated static func target(_ place: TransferPlace) -> Transfer.Target {
        switch place {
        case .registry(let path): .registry(directory: path)
        case .oci(let path): .oci(directory: path)
        case .archive(let path): .archive(ArchiveFile(path: path))
        case .rados, .sqlite: .unmade(.store)
        }
    }

    /// A target, completed as far as it is unambiguous: the form, then the path.
    static func completed(_ text: String) -> String {
        let forms = ["registry:", "oci:", "oci-archive:"]
        guard let form = forms.first(where: text.hasPrefix) else { return Prompt.completed(text, forms) }
        let path = String(text.dropFirst(form.count))
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.isEmpty ? "." : directory)) ?? []
        let choices = names.map { name in
            var isDirectory = ObjCBool(false)
            _ = FileManager.default.fileExists(atPath: directory + name, isDirectory: &isDirectory)
            return directory + name + (isDirectory.boolValue ? "/" : "")
        }
        return form + Prompt.completed(path, choices)
    }
}

extension OpenStore {
    /// The command that exports, for every screen with images.
    ///
    /// - Parameter references: Returns the marked rows, or the row under the cursor.
    func exportCommand(
        on screen: @escaping () -> any Screen, _ help: String, isEnabled: @escaping () -> Bool,
        _ references: @escaping () -> [ImageReference]
    ) -> Command {
        Command(
            name: "export", keys: [.character("e")],
            help: help + ": copies to a directory or an archive, after a question",
            isEnabled: isEnabled
        ) { [unowned self] in ExportFlow(store: self, screen: screen()).export(references()) }
    }
}
