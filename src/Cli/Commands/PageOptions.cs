using System.CommandLine;
using Recs.Cli.Output;
using Spectre.Console;

namespace Recs.Cli.Commands;

/// <summary>What every page takes, and how it is shown.</summary>
internal sealed class PageOptions
{
    /// <summary>A first page of a process compiles its code on the way; a person can wait for it whole.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    private readonly Option<int> _count = new("--count", "-n") { Description = $"Items, 1 to {Limits.MaxPageSize}.", DefaultValueFactory = _ => 10 };

    private readonly Option<string> _filter = new("--filter", "-f") { Description = "Only items that pass, e.g. 'category = \"books\" and price < 20'.", HelpName = "TEXT" };

    private readonly Option<string[]> _exclude = new("--exclude") { Description = "An item that must not be there (again and again).", HelpName = "ITEM" };

    private readonly Option<bool> _explain = new("--explain", "-e") { Description = "Show what moved each item to its place." };

    private readonly OutputOptions _output;

    public PageOptions(Command command)
    {
        command.Add(_count);
        command.Add(_filter);
        command.Add(_exclude);
        command.Add(_explain);
        Target = new TargetOptions(command);
        _output = new OutputOptions(command);
    }

    public TargetOptions Target { get; }

    public int Count(ParseResult parsed) => parsed.GetValue(_count);

    public ItemFilter? Filter(ParseResult parsed) => parsed.GetValue(_filter) is { } text ? ItemFilter.Parse(text) : null;

    public string[] Exclude(ParseResult parsed) => parsed.GetValue(_exclude) ?? [];

    public bool Explain(ParseResult parsed) => parsed.GetValue(_explain);

    /// <summary>Opens the target, makes the page and shows it.</summary>
    public async Task<int> RunAsync(
        ParseResult parsed, CliHost host, Func<IRecommender, ValueTask<Page>> make, CancellationToken cancellationToken)
    {
        var target = await Target.OpenAsync(parsed, host, create: false, cancellationToken).ConfigureAwait(false);
        await using (target.ConfigureAwait(false))
        {
            var page = await make(target.Recommender).ConfigureAwait(false);
            _output.Print(parsed, host, page, () => Print(host.Terminal, page));
        }

        return RecsCommand.Ok;
    }

    private static void Print(Terminal terminal, Page page)
    {
        if (page.Items.Count == 0)
            terminal.Note("Nothing is left to show: every item is seen, hidden, filtered or excluded.");
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "Item", "Title", "Score", "Sources", "Why");
        table.Columns[0].RightAligned().NoWrap();
        table.Columns[1].NoWrap();
        table.Columns[3].RightAligned().NoWrap();
        var place = 0;
        foreach (var item in page.Items)
            table.AddRow(
                Figures.Plain($"{++place}"), Terminal.Escape(item.Id), $"[bold]{Terminal.Escape(item.Title)}[/]", Figures.Short(item.Score),
                Terminal.Escape(string.Join(", ", item.Sources)), Terminal.Escape(item.Reason));
        if (page.Items.Count > 0)
            terminal.Console.Write(table);
        place = 0;
        foreach (var item in page.Items)
            if (item.Explanation is { } why)
                Print(terminal, ++place, item, why);
        if (page.Explanation is { } trace)
            Print(terminal, trace);
        terminal.Note(Figures.Plain($"model {page.ModelVersion ?? "none yet"}, sequence {page.Sequence}, {page.Timings.TotalMs:0.0} ms, request {page.RequestId}"));
        if (page.Degraded.Count > 0)
            terminal.ErrorConsole.MarkupLine($"[yellow]Left out for time:[/] {Terminal.Escape(string.Join(", ", page.Degraded))}");
    }

    private static void Print(Terminal terminal, int place, PageItem item, ItemExplanation why)
    {
        var tree = new Tree(Figures.Plain($"{place}. [bold]{Terminal.Escape(item.Title)}[/]  ranked {why.RankedAt + 1}, {Figures.Short(why.RankScore)} before policies"));
        foreach (var feature in why.Features.Take(5))
            tree.AddNode(Figures.Plain($"{(feature.Contribution < 0 ? "[red]" : "[green]+")}{feature.Contribution:0.000}[/]  {Terminal.Escape(feature.Name)} [grey]= {Figures.Short(feature.Value)}[/]"));
        if (why.Objective is { } of)
            tree.AddNode(Figures.Plain($"[blue]objective[/]  log({of.PClick:0.0000} x ({of.Click:0.##} + {of.PBuy:0.0000} x ({of.Purchase:0.##} + {of.Value:0.##} x {of.Price:0.##})))"));
        foreach (var rule in why.Rules)
            tree.AddNode("[yellow]rule[/]  " + Terminal.Escape(rule));
        terminal.Console.Write(tree);
    }

    private static void Print(Terminal terminal, PageExplanation trace)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("Source", "Candidates", "ms", "");
        table.Columns[1].RightAligned();
        table.Columns[2].RightAligned();
        foreach (var source in trace.Sources)
            table.AddRow(Terminal.Escape(source.Source), Figures.Plain($"{source.Candidates}"), Figures.Plain($"{source.Ms:0.00}"), source.Late ? "[yellow]late[/]" : "");
        terminal.Console.Write(table);
        terminal.Console.MarkupLine(Figures.Plain($"{trace.Candidates} candidates of {trace.Eligible:N0} eligible items"));
        foreach (var lost in trace.WhyNot)
            terminal.Console.MarkupLine($"[yellow]{Terminal.Escape(lost.ItemId)}[/] {Terminal.Escape(lost.Stage)}: {Terminal.Escape(lost.Detail)}");
    }
}
