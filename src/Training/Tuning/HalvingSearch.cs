using System.Text.Json;
using Recs.Training.Evaluation;
using Recs.Training.Evaluation.Protocols;
using Recs.Training.OfflineModels;

namespace Recs.Training.Tuning;

/// <summary>How long to search.</summary>
public sealed record SearchOptions
{
    /// <summary>Settings tried on the smallest share of queries. Default 27, 1 to 10,000.</summary>
    public int Trials { get; init; } = 27;

    /// <summary>Kept from one rung to the next: one of so many. Default 3, 2 to 10.</summary>
    public int Keep { get; init; } = 3;

    /// <summary>Share of the queries in the first rung; the last takes all. Default 1/9.</summary>
    public double FirstShare { get; init; } = 1.0 / 9;

    /// <summary>After the first halving, another within narrowed ranges around its best. Default true.</summary>
    public bool Refine { get; init; } = true;

    public int Seed { get; init; } = 1;

    /// <summary>Every result is appended to this file; a search with the same file takes up what it finds there.</summary>
    public string? Journal { get; init; }
}

/// <param name="Spec">What was tried.</param>
/// <param name="Share">Share of the validation queries.</param>
/// <param name="Value">Of the protocol's target metric.</param>
/// <param name="Seconds">Training and lists.</param>
public sealed record SearchResult(string Spec, double Share, double Value, double Seconds);

/// <summary>
/// Successive halving (Jamieson and Talwalkar 2016) over drawn settings on the validation split of a protocol: many on a
/// few queries, the best third of them on more. Seeded; resumable by its journal. Never sees a test row.
/// </summary>
public static class HalvingSearch
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <returns>All results on all queries, best first.</returns>
    public static IReadOnlyList<SearchResult> Run(
        EvaluationTask validation, Protocol protocol, ModelSpec origin, SearchSpace space, SearchOptions options, FitContext context,
        TimeProvider time, Action<double, string>? progress = null)
    {
        var known = Read(options.Journal);
        var done = 0;
        var runs = Rungs(options.Trials, options.Keep).Sum() * (options.Refine ? 2 : 1);
        SearchResult Try(ModelSpec spec, double share)
        {
            context.CancellationToken.ThrowIfCancellationRequested();
            if (!known.TryGetValue((spec.ToString(), share), out var result))
            {
                var started = time.GetTimestamp();
                var task = share < 1 ? Sampled(validation, share, options.Seed) : validation;
                var scorer = spec.Create().Fit(task.Train, context);
                var lists = Evaluator.Lists(task, scorer, protocol.Cutoffs[0], context.Parallel);
                var (metric, k) = Target(protocol);
                var value = Evaluator.Judge(task, lists, k).Average(m => m[metric]);
                result = new SearchResult(spec.ToString(), share, Math.Round(value, 6), Math.Round(time.GetElapsedTime(started).TotalSeconds, 2));
                known[(result.Spec, share)] = result;
                if (options.Journal is not null)
                    Append(options.Journal, result);
            }

            progress?.Invoke((double)++done / runs, FormattableString.Invariant($"{result.Value:0.0000} on {share:P0}: {result.Spec}"));
            return result;
        }

        var random = new Random(options.Seed);
        var best = Halve(origin, space, random);
        if (options.Refine)
            Halve(best, space.Around(best), random);
        return [.. known.Values.Where(static r => r.Share >= 1).OrderByDescending(static r => r.Value)];

        ModelSpec Halve(ModelSpec from, SearchSpace within, Random draws)
        {
            // What is known to be good takes part, so that a search never ends below where it began.
            var specs = Enumerable.Range(0, options.Trials).Select(t => t == 0 ? from : within.Draw(from, draws)).ToArray();
            var sizes = Rungs(options.Trials, options.Keep);
            for (var rung = 0; rung < sizes.Length; rung++)
            {
                var share = sizes.Length == 1 ? 1 : options.FirstShare * Math.Pow(1 / options.FirstShare, (double)rung / (sizes.Length - 1));
                share = rung == sizes.Length - 1 ? 1 : Math.Round(share, 4);
                specs = [.. specs.Take(sizes[rung]).Select(s => (Spec: s, Try(s, share).Value)).OrderByDescending(static s => s.Value).Select(static s => s.Spec)];
            }

            return specs[0];
        }
    }

    /// <summary>Adds a line to a journal.</summary>
    public static void Append(string journal, SearchResult result) => File.AppendAllText(
        journal,
        JsonSerializer.Serialize(result with { Value = Math.Round(result.Value, 6), Seconds = Math.Round(result.Seconds, 2) }, Json) + "\n");

    /// <summary>Metric and cutoff of "ndcg@10".</summary>
    public static (string Metric, int K) Target(Protocol protocol)
    {
        var parts = protocol.Target.Split('@');
        return (parts[0], int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Numbers of specs by rung: 27, 9, 3, 1 for 27 trials of which one of 3 goes on, the last ones together.</summary>
    internal static int[] Rungs(int trials, int keep)
    {
        var sizes = new List<int>();
        for (var n = trials; n >= 1 && sizes.Count < 3; n /= keep)
            sizes.Add(n);
        return [.. sizes];
    }

    /// <summary>The queries of a share of the groups, drawn.</summary>
    internal static EvaluationTask Sampled(EvaluationTask task, double share, int seed)
    {
        var groups = task.Queries.Select(static q => q.Group).Distinct().Order().ToArray();
        new Random(seed).Shuffle(groups);
        var kept = groups.Take(Math.Max(1, (int)(groups.Length * share))).ToHashSet();
        return new EvaluationTask
        {
            Train = task.Train,
            Queries = [.. task.Queries.Where(q => kept.Contains(q.Group))],
            MaskHistory = task.MaskHistory,
            ItemIds = task.ItemIds,
        };
    }

    private static Dictionary<(string Spec, double Share), SearchResult> Read(string? journal)
    {
        var known = new Dictionary<(string, double), SearchResult>();
        if (journal is null || !File.Exists(journal))
            return known;
        foreach (var line in File.ReadLines(journal).Where(static l => l.Length > 0))
        {
            // A line that a killed search left half written is tried again.
            if (line.EndsWith('}') && JsonSerializer.Deserialize<SearchResult>(line, Json) is { } result)
                known[(result.Spec, result.Share)] = result;
        }

        return known;
    }
}
