using System.Globalization;
using System.Net;
using System.Text;
using Recs.Training.Evaluation.Metrics;

namespace Recs.Training.Evaluation.Report;

/// <summary>One self-contained page: no script, no font, nothing fetched; readable on a phone and in the dark.</summary>
public static class ReportPage
{
    private const int Examples = 6;

    public static string Html(ReportData data)
    {
        var page = new StringBuilder();
        var target = data.Result.Intervals[data.Protocol.Target];
        page.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Text(data.Protocol.Name)}: {Text(data.Protocol.Target)} {target.Mean:0.0000}</title><style>{Style}</style></head><body><main>
            <p class="kicker">Orleans.Recs evaluation · {data.MadeAt:yyyy-MM-dd HH:mm} UTC</p>
            <h1>{Text(data.Protocol.Name)}</h1><p>{Text(data.Protocol.About)}</p>
            """);
        if (data.OnValidation)
            page.Append("<p class=\"note\">This is the validation split, cut from training rows. The published figures below are of the test rows and do not compare.</p>");
        Headline(page, data, target);
        Methods(page, data);
        page.Append("<h2>Curves</h2><div class=\"charts\">");
        page.Append(ReportChart.Curve("Hit rate by length of the list", data.Curve(data.Result.Lists, "hr"), data.Curve(data.Baseline.Lists, "hr")));
        page.Append(ReportChart.Curve("nDCG by length of the list", data.Curve(data.Result.Lists, "ndcg"), data.Curve(data.Baseline.Lists, "ndcg")));
        page.Append("</div>");
        SegmentTable(page, data);
        Catalogue(page, data);
        Lists(page, data);
        page.Append(CultureInfo.InvariantCulture, $"""
            <h2>How it was made</h2><p>Settings were chosen on: {Text(data.Protocol.Validation)}. Intervals are 95 % percentile bootstraps of
            {Bootstrap.Resamples:N0} draws; queries of one user or session are drawn together. The test against popularity tosses the sign of each one's difference.</p>
            <p>Trained in {data.Result.FitSeconds:0.0} s, {data.Result.Lists.Length:N0} lists in {data.Result.ScoreSeconds:0.0} s. Model: <code>{Text(data.Model)}</code></p>
            </main></body></html>
            """);
        return page.ToString();
    }

    private static void Headline(StringBuilder page, ReportData data, Interval target)
    {
        var better = data.Protocol.Published.Where(p => p.Values.ContainsKey(data.Protocol.Target)).MaxBy(p => p.Values[data.Protocol.Target]);
        page.Append("<div class=\"cards\">");
        Card(page, data.Protocol.Target, Number(target.Mean), $"95 % interval {Number(target.Low)} to {Number(target.High)}");
        Card(page, "Queries", data.Result.Lists.Length.ToString("N0", CultureInfo.InvariantCulture), $"{data.Task.Train.ItemCount:N0} items, {data.Task.Train.Items.Length:N0} training events");
        if (better is not null && !data.OnValidation)
            Card(page, "Best published", Number(better.Values[data.Protocol.Target]), better.Method);
        Card(page, "Popularity", Number(data.Baseline.Values[data.Protocol.Target]), FormattableString.Invariant($"paired test: p = {data.BaselineTest():0.0000}"));
        page.Append("</div>");
    }

    private static void Methods(StringBuilder page, ReportData data)
    {
        var columns = data.Result.Values.Keys
            .Where(c => c == data.Protocol.Target || data.Protocol.Published.Any(p => p.Values.ContainsKey(c))).ToArray();
        page.Append("<h2>Against what is published</h2><div class=\"wide\"><table><thead><tr><th>Method</th>");
        foreach (var column in columns)
            page.Append(CultureInfo.InvariantCulture, $"<th class=\"n\">{Text(column)}</th>");
        page.Append("</tr></thead><tbody>");
        foreach (var row in data.Protocol.Published.OrderBy(p => p.Values.GetValueOrDefault(data.Protocol.Target)))
            Row(page, row.Method, c => row.Values.TryGetValue(c, out var value) ? value : null, "");
        Row(page, "popularity, same run", c => data.Baseline.Values[c], "");
        Row(page, "this model", c => data.Result.Values[c], " class=\"own\"");
        page.Append("</tbody></table></div>");

        void Row(StringBuilder into, string method, Func<string, double?> value, string style)
        {
            into.Append(CultureInfo.InvariantCulture, $"<tr{style}><td>{Text(method)}</td>");
            foreach (var column in columns)
                into.Append(CultureInfo.InvariantCulture, $"<td class=\"n\">{(value(column) is { } v ? Number(v) : "")}</td>");
            into.Append("</tr>");
        }
    }

    private static void SegmentTable(StringBuilder page, ReportData data)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h2>Segments</h2><div class=\"wide\"><table><thead><tr><th>Queries by</th><th></th><th class=\"n\">Number</th><th class=\"n\">{Text(data.Protocol.Target)}</th><th class=\"n\">95 % interval</th></tr></thead><tbody>");
        foreach (var segment in Segments.Of(data.Task, data.TargetOf(data.Result.Lists)))
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(segment.Group)}</td><td>{Text(segment.Name)}</td><td class=\"n\">{segment.Queries:N0}</td>");
            page.Append(CultureInfo.InvariantCulture, $"<td class=\"n\">{Number(segment.Value.Mean)}</td><td class=\"n\">{Number(segment.Value.Low)} to {Number(segment.Value.High)}</td></tr>");
        }

        page.Append("</tbody></table></div>");
    }

    private static void Catalogue(StringBuilder page, ReportData data)
    {
        page.Append("<h2>What the lists do to the catalogue</h2><div class=\"wide\"><table><thead><tr><th></th><th class=\"n\">This model</th><th class=\"n\">Popularity</th><th>Meaning</th></tr></thead><tbody>");
        foreach (var (key, name, meaning) in new[]
        {
            ("coverage", "Coverage", "share of all items that is in some list"),
            ("novelty", "Novelty", "bits of surprise in an item, by its share of the events"),
            ("popularityBias", "Popularity bias", "mean popularity percentile of what is listed; 0.5 is none"),
            ("gini", "Concentration", "Gini coefficient of how often items are listed; 0 is evenly"),
        })
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{name}</td><td class=\"n\">{Number(data.Result.Catalogue[key])}</td><td class=\"n\">{Number(data.Baseline.Catalogue[key])}</td><td>{meaning}</td></tr>");
        }

        page.Append("</tbody></table></div>");
    }

    private static void Lists(StringBuilder page, ReportData data)
    {
        page.Append("<h2>Some lists</h2><p>Drawn with seed 1 from all queries; what was right is marked.</p>");
        var order = Enumerable.Range(0, data.Result.Lists.Length).ToArray();
        new Random(1).Shuffle(order);
        foreach (var q in order.Take(Examples))
        {
            var query = data.Task.Queries[q];
            page.Append("<section class=\"list\"><p><b>After</b> ");
            page.Append(query.History.Length > 5 ? FormattableString.Invariant($"{query.History.Length - 5} others, ") : "");
            page.AppendJoin(", ", query.History.TakeLast(5).Select(Name)).Append("</p><ol>");
            foreach (var item in data.Result.Lists[q].Take(data.Protocol.Cutoffs[0]))
                page.Append(CultureInfo.InvariantCulture, $"<li{(query.Relevant.Contains(item) ? " class=\"right\"" : "")}>{Name(item)}</li>");
            page.Append("</ol></section>");
        }

        string Name(int item) => Text(data.Titles.GetValueOrDefault(data.Task.ItemIds[item], $"item {data.Task.ItemIds[item]}"));
    }

    private static void Card(StringBuilder page, string name, string value, string note) =>
        page.Append(CultureInfo.InvariantCulture, $"<div class=\"card\"><span>{Text(name)}</span><strong>{value}</strong><span>{Text(note)}</span></div>");

    private static string Number(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private const string Style = """
        :root{color-scheme:light dark;--ink:#1a2230;--soft:#5b6678;--line:#d9dee6;--own:#0a7d5a;--back:#fff;--card:#f4f6f9}
        @media(prefers-color-scheme:dark){:root{--ink:#e8ecf2;--soft:#9aa6b8;--line:#333c4a;--own:#4cd3a5;--back:#12161d;--card:#1b212b}}
        *{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
        main{max-width:60rem;margin:0 auto;padding:1.2rem 1rem 4rem}h1{font-size:1.7rem;margin:.2rem 0}h2{font-size:1.15rem;margin:2.2rem 0 .6rem}
        .kicker,.card span,figcaption,.note{color:var(--soft);font-size:.85rem}.note{border-left:3px solid var(--own);padding-left:.7rem}
        .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.7rem;margin:1.2rem 0}
        .card{background:var(--card);border-radius:.6rem;padding:.8rem 1rem;display:flex;flex-direction:column}.card strong{font-size:1.6rem;font-variant-numeric:tabular-nums}
        .wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.92rem}th,td{text-align:left;padding:.4rem .7rem .4rem 0;border-bottom:1px solid var(--line)}
        td:first-child{min-width:6.5rem}td+td:not(.n){min-width:9rem}th{color:var(--soft);font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.own td{font-weight:700;color:var(--own)}
        .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(18rem,1fr));gap:1rem}figure{margin:0}svg{width:100%;height:auto}
        .list{border-top:1px solid var(--line);padding-top:.6rem}.list p{margin:.2rem 0}ol{columns:15rem;column-gap:1.6rem;margin:.3rem 0 1rem;padding-left:1.8rem}li{break-inside:avoid}
        .right{font-weight:700;color:var(--own)}.right::after{content:" \2713"}code{font-size:.85rem;overflow-wrap:anywhere}
        """;
}
