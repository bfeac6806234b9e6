import AdminCore

/// How one image is run, and every step that made it; of what is too long for people, its beginning.
final class RecipeScreen: Screen {
    let title: TitleBar
    private let words: [String]
    private let view: TextView

    /// - Parameters:
    ///   - name: the image's.
    ///   - words: what prints it, for `y`.
    init(_ name: String, _ recipe: ImageRecipe, layers: [ImageDetail.Blob], words: [String]) {
        title = TitleBar(
            title: "Config \(name)", details: [Line(HumanText.count(recipe.steps.count, "step"), .dim)])
        self.words = words
        var made: (columns: Int, lines: [Line])?
        view = TextView { columns in
            if let made, made.columns == columns { return made.lines }
            let lines = Self.page(recipe, layers, columns: columns)
            made = (columns, lines)
            return lines
        }
    }

    var commands: [Command] { view.commands }
    var twin: [String]? { words }

    func lines(_ size: Size) -> [Line] { view.lines(size) }

    /// No more environment, labels or steps than this are shown.
    private static let limit = 1000

    private static func page(_ recipe: ImageRecipe, _ layers: [ImageDetail.Blob], columns: Int) -> [Line] {
        let facts: [(name: String, values: [String])] = [
            ("entrypoint", recipe.entrypoint.isEmpty ? [] : [recipe.entrypoint.joined(separator: " ")]),
            ("command", recipe.command.isEmpty ? [] : [recipe.command.joined(separator: " ")]),
            ("user", [recipe.user]), ("directory", [recipe.workingDirectory]),
            ("ports", [recipe.ports.joined(separator: " ")]), ("volumes", recipe.volumes),
            ("stop signal", [recipe.stopSignal]), ("author", [recipe.author]), ("environment", recipe.environment),
            ("labels", recipe.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }),
        ]
        var lines: [Line] = []
        for (name, values) in facts {
            let said = values.prefix(limit).filter { !$0.isEmpty }
            for (number, value) in said.enumerated() {
                lines += entry(Line(number == 0 ? name : "", .dim).fitted(to: 13), value, columns)
            }
        }
        if lines.isEmpty { lines.append(Line("It says nothing of how it is run.", .dim)) }
        lines += [Line(), Line("HISTORY", .columnTitle) + Line("  the oldest first", .dim)]
        if recipe.steps.isEmpty { lines.append(Line("none", .dim)) }
        var number = 0
        for step in recipe.steps.prefix(limit) {
            var layer: ImageDetail.Blob?
            if step.makesLayer, number < layers.count {
                layer = layers[number]
                number += 1
            }
            let front =
                Line(step.created.map(HumanText.day) ?? "–", .dim).fitted(to: 12)
                + (layer.map { Line("layer \(number)  \(HumanText.bytes($0.size))") } ?? Line("–", .dim)).fitted(to: 21)
            lines += entry(
                columns >= 60 ? front : Line(), step.short + (step.comment.isEmpty ? "" : "  (\(step.comment))"),
                columns)
        }
        if recipe.steps.count > limit { lines.append(Line("…", .dim)) }
        return lines
    }

    /// A text beside its name, broken where it is too long.
    private static func entry(_ front: Line, _ text: String, _ columns: Int) -> [Line] {
        let text = Line(Cells.excerpt(text))
        let room = max(1, columns - front.width)
        let starts = stride(from: 0, to: max(1, text.width), by: room)
        return starts.map { (($0 == 0) ? front : Line.blank(front.width)) + text.slice(from: $0, width: room) }
    }
}
