extension Console {
    /// `size` is the screen's, for what moves by pages and for where the mouse points.
    func handle(_ key: Key, size: Size) {
        switch key {
        case .mouse(let event): point(event, size)
        // What no editor takes is what was typed: Esc, and then a character.
        case .meta(let character) where !isTyping || !LineEditor.metaKeys.contains(character):
            handle(.escape, size: size)
            handle(.character(character), size: size)
        default:
            switch overlay {
            case .question(let panel, let accept): answer(key, panel, accept, size)
            case .choice(let panel, let then): choose(key, panel, then)
            case .prompt(let prompt, let editor): type(key, prompt, editor)
            case nil:
                if let command = command(for: key) { run(command) }
            }
        }
    }

    private var isTyping: Bool {
        switch overlay {
        case .prompt: true
        case .question(let panel, _): panel.typed != nil
        case .choice, nil: false
        }
    }

    private func command(for key: Key) -> Command? {
        let candidates = (screen.commands + globalCommands).filter { $0.keys.contains(key) }
        return candidates.first { $0.isEnabled() } ?? candidates.first
    }

    private func answer(_ key: Key, _ panel: QuestionPanel, _ accept: () -> Effect, _ size: Size) {
        guard case .question(var shown, let kept) = overlay else { return }
        switch shown.handle(key, Size(rows: Self.bodyRows(size), columns: size.columns)) {
        case .yes:
            overlay = nil
            perform(accept())
        case .no:
            overlay = nil
            status = .info("Nothing was changed.")
        case .unseen:
            overlay = .question(shown, accept: kept)
            status = .failure("Nothing of it can be seen here: make the window larger.")
        case nil:
            overlay = .question(shown, accept: kept)
        }
    }

    private func choose(_ key: Key, _ panel: ChoicePanel, _ then: @escaping (Int) -> Effect) {
        var panel = panel
        switch panel.handle(key) {
        case .chosen(let number):
            overlay = nil
            perform(then(number))
        case .nothing:
            overlay = nil
            status = .info("Nothing was changed.")
        case nil: overlay = .choice(panel, then: then)
        }
    }

    private func type(_ key: Key, _ prompt: Prompt, _ editor: LineEditor) {
        var editor = editor
        switch key {
        case .escape:
            overlay = nil
            prompt.cancel()
        case .enter:
            overlay = nil
            perform(prompt.submit(editor.string))
        case .tab:
            editor.replace(prompt.complete(editor.string))
            overlay = .prompt(prompt, editor)
            prompt.change(editor.string)
        case .up, .down, .pageUp, .pageDown:
            if prompt.passesMoves, let command = command(for: key), command.group == .move { run(command) }
        default:
            let before = editor.text
            guard editor.handle(key) else { return }
            overlay = .prompt(prompt, editor)
            if editor.text != before { prompt.change(editor.string) }
        }
    }

    // MARK: The mouse

    private func point(_ event: MouseEvent, _ size: Size) {
        switch event.kind {
        case .wheelUp: wheel(.up, size)
        case .wheelDown: wheel(.down, size)
        case .click, .doubleClick:
            let top = size.rows >= 5 ? 2 : size.rows >= 3 ? 1 : 0
            let rows = Self.bodyRows(size)
            guard case nil = overlay, event.row >= top, event.row < top + rows,
                screen.pointer?.point(at: event.row - top, of: rows) == true
            else { return }
            if event.kind == .doubleClick, let open = screen.commands.first(where: { $0.name == "open" }) { run(open) }
        }
    }

    private func wheel(_ key: Key, _ size: Size) {
        for _ in 0..<3 { handle(key, size: size) }
    }

    // MARK: Commands by name

    var commandPrompt: Prompt {
        let commands = workingCommands
        func meant(_ text: String) -> [Command] {
            let exact = commands.filter { $0.name == text }
            return exact.isEmpty ? commands.filter { $0.name.hasPrefix(text) } : exact
        }
        return Prompt(
            label: ":",
            complete: { text in
                guard let space = text.firstIndex(of: " ") else { return Prompt.completed(text, commands.map(\.name)) }
                let name = String(text[..<space])
                guard let argument = meant(name).first?.argument else { return text }
                return name + " " + Prompt.completed(String(text[space...].dropFirst()), argument.choices())
            },
            submit: { [unowned self] text in
                let words = text.split(separator: " ", maxSplits: 1).map(String.init)
                guard let name = words.first else { return .none }
                let found = meant(name)
                guard found.count == 1, let command = found.first else {
                    let names = (found.isEmpty ? commands : found).map(\.name).joined(separator: ", ")
                    return .say(
                        .failure(
                            "\(found.isEmpty ? "No command" : "More than one command") \"\(name)\"; there are \(names)."
                        ))
                }
                run(command, argument: words.count > 1 ? words[1] : nil)
                return .none
            })
    }
}

extension Prompt {
    /// A beginning as far as it can only be meant; as it is where it is empty, or the beginning of nothing.
    static func completed(_ text: String, _ choices: [String]) -> String {
        let found = choices.filter { $0.hasPrefix(text) }
        guard var common = found.first, !text.isEmpty else { return text }
        for name in found { while !name.hasPrefix(common) { common.removeLast() } }
        return common
    }
}
