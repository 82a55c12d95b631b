namespace Recs.Training.Evaluation.Protocols;

/// <summary>Both tasks of a protocol: the published one, and the one that settings are chosen on.</summary>
/// <param name="Validation">Made of training rows alone.</param>
/// <param name="Test">The published one; to be looked at once.</param>
public sealed record ProtocolTasks(EvaluationTask Validation, EvaluationTask Test);

/// <summary>Reads a protocol's files and cuts its splits. Bad files are named with the line.</summary>
public static class ProtocolReader
{
    // Validation queries of the next-item protocol, and the share of the last training sessions that are held out.
    private const int NextItemQueries = 2_000;
    private const double HeldOutSessions = 0.05;

    /// <exception cref="RecommenderException">NotFound: a file is not there.</exception>
    /// <exception cref="InvalidDataException">A line is not as the protocol says.</exception>
    public static ProtocolTasks Read(Protocol protocol, string directory)
    {
        string File(string of)
        {
            var path = Path.Combine(directory, protocol.Files[of]);
            return System.IO.File.Exists(path)
                ? path
                : throw new RecommenderException(RefusalKind.NotFound, $"Protocol {protocol.Name} needs the file '{path}', which is not there.");
        }

        return protocol.Format switch
        {
            ProtocolFormat.RatingSplit => RatingSplit(protocol, File("train"), File("test")),
            ProtocolFormat.IndexSplit => IndexSplit(protocol, File("train"), File("valid"), File("test")),
            ProtocolFormat.NextItemLines => NextItem(protocol, File("train"), File("input"), File("target")),
            ProtocolFormat.SessionPrefixes => Prefixes(protocol, File("train"), File("test")),
            ProtocolFormat.SessionEvents => SessionEvents(protocol, File("train"), File("train"), File("valid"), File("test"), null),
            ProtocolFormat.SessionEventsOfList =>
                SessionEvents(protocol, File("train"), File("innerTrain"), File("valid"), File("test"), File("list")),
            _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol.Format, "unknown format"),
        };
    }

    private static ProtocolTasks RatingSplit(Protocol protocol, string trainFile, string testFile)
    {
        var (train, test) = (ProtocolLines.Rows(trainFile, '\t', 4, header: false), ProtocolLines.Rows(testFile, '\t', 4, header: false));
        var users = train.Concat(test).Select(static r => r[0]).Distinct().Order().ToArray();
        var ids = new ItemIds(train.Concat(test).Select(static r => r[1]));
        var random = new Random(1);
        // Drawn by item, as the published split is.
        var inner = train.GroupBy(static r => r[1]).OrderBy(static g => g.Key).SelectMany(g =>
        {
            var rows = g.ToArray();
            random.Shuffle(rows);
            return rows.Select((row, i) => (Row: row, HeldOut: i < rows.Length / 4));
        }).ToArray();
        EvaluationTask Task(IEnumerable<long[]> seen, IEnumerable<long[]> asked)
        {
            var known = seen.OrderBy(static r => r[3]).ThenBy(static r => r[1]).ToLookup(static r => r[0]);
            var relevant = asked.ToLookup(static r => r[0]);
            var runs = users.Select(u => known[u].Select(r => ids[r[1]]).ToArray()).ToArray();
            return ForUsers(protocol, ids, runs, [.. users.Select(u => relevant[u].Select(r => ids[r[1]]).Distinct().ToArray())], everybody: true);
        }

        return new ProtocolTasks(
            Task(inner.Where(static r => !r.HeldOut).Select(static r => r.Row), inner.Where(static r => r.HeldOut).Select(static r => r.Row)),
            Task(train, test));
    }

    private static ProtocolTasks IndexSplit(Protocol protocol, string trainFile, string validFile, string testFile)
    {
        var (train, valid, test) = (Pairs(trainFile), Pairs(validFile), Pairs(testFile));
        var ids = new ItemIds(train.Concat(valid).Concat(test).Select(static r => r[1]));
        var users = (int)train.Concat(valid).Concat(test).Max(static r => r[0]) + 1;
        EvaluationTask Task(IEnumerable<long[]> seen, IEnumerable<long[]> asked)
        {
            var (known, relevant) = (seen.ToLookup(static r => r[0]), asked.ToLookup(static r => r[0]));
            return ForUsers(
                protocol, ids,
                [.. Enumerable.Range(0, users).Select(u => known[u].Select(r => ids[r[1]]).ToArray())],
                [.. Enumerable.Range(0, users).Select(u => relevant[u].Select(r => ids[r[1]]).Distinct().ToArray())],
                everybody: false);
        }

        return new ProtocolTasks(Task(train, valid), Task(train.Concat(valid), test));

        static long[][] Pairs(string file) => ProtocolLines.Rows(file, '\t', 2, header: false);
    }

    private static ProtocolTasks NextItem(Protocol protocol, string trainFile, string inputFile, string targetFile)
    {
        var (train, inputs) = (ProtocolLines.Lists(trainFile), ProtocolLines.Lists(inputFile));
        var targets = ProtocolLines.Lists(targetFile);
        if (targets.Length != inputs.Length || targets.Any(static t => t.Length != 1))
            throw new InvalidDataException($"{targetFile}: has {targets.Length} lines; legal is one item for each of the {inputs.Length} inputs.");
        var ids = new ItemIds(train.Concat(inputs).Concat(targets).SelectMany(static l => l));
        var runs = Array.ConvertAll(train, ids.Of);
        var test = new EvaluationTask
        {
            Train = Sequences.From(ids.Count, runs),
            Queries = [.. inputs.Select((input, q) => new EvaluationQuery(ids.Of(input), ids.Of(targets[q]), q))],
            MaskHistory = protocol.MaskHistory,
            ItemIds = ids.Texts,
        };

        // The test users' histories stay whole: their last items would be near their targets.
        var tested = inputs.Select(static i => string.Join(' ', i.Take(Math.Min(12, i.Length - 1)))).ToHashSet();
        var others = Enumerable.Range(0, runs.Length)
            .Where(r => runs[r].Length > 2 && !tested.Contains(string.Join(' ', train[r].Take(Math.Min(12, train[r].Length))))).ToArray();
        new Random(1).Shuffle(others);
        var drawn = others.Take(NextItemQueries).Order().ToArray();
        var inner = runs.ToArray();
        foreach (var r in drawn)
            inner[r] = inner[r][..^1];
        var validation = new EvaluationTask
        {
            Train = Sequences.From(ids.Count, inner),
            Queries = [.. drawn.Select(r => new EvaluationQuery(inner[r], [runs[r][^1]], r, r))],
            MaskHistory = protocol.MaskHistory,
            ItemIds = ids.Texts,
        };
        return new ProtocolTasks(validation, test);
    }

    private static ProtocolTasks Prefixes(Protocol protocol, string trainFile, string testFile)
    {
        var train = ProtocolLines.Lists(trainFile);
        var test = System.IO.File.ReadLines(testFile).Select((line, n) => ProtocolLines.PrefixAndNext(line, testFile, n + 1)).ToArray();
        var ids = new ItemIds(train.SelectMany(static l => l).Concat(test.SelectMany(static t => t.Prefix.Append(t.Next))));
        var runs = Array.ConvertAll(train, ids.Of);
        var cut = runs.Length - (int)(runs.Length * HeldOutSessions);
        // Prefixes of one test session follow each other, the longest first.
        var group = 0;
        var queries = new List<EvaluationQuery>();
        foreach (var (prefix, next) in test)
        {
            if (queries.Count > 0 && prefix.Length != queries[^1].History.Length - 1)
                group++;
            queries.Add(new EvaluationQuery(ids.Of(prefix), [ids[next]], group));
        }

        EvaluationTask Task(int[][] known, IReadOnlyList<EvaluationQuery> asked) => new()
        {
            Train = Sequences.From(ids.Count, known),
            Queries = asked,
            MaskHistory = protocol.MaskHistory,
            ItemIds = ids.Texts,
        };
        return new ProtocolTasks(Task(runs[..cut], SessionQueries.Of(runs[cut..])), Task(runs, queries));
    }

    private static ProtocolTasks SessionEvents(
        Protocol protocol, string trainFile, string innerFile, string validFile, string testFile, string? listFile)
    {
        var files = new[] { trainFile, innerFile, validFile, testFile }.Distinct().ToDictionary(f => f, ProtocolLines.Sessions);
        var ids = new ItemIds(files.Values.SelectMany(static s => s.Values).SelectMany(static s => s.Items));
        EvaluationTask Task(string known, string asked, Func<long, int, bool> covered)
        {
            var sessions = files[known].Values.OrderBy(static s => s.AtMs[^1]).ToArray();
            return new EvaluationTask
            {
                Train = Sequences.From(ids.Count, [.. sessions.Select(s => ids.Of(s.Items))], [.. sessions.Select(static s => s.AtMs)]),
                Queries = SessionQueries.Of(files[asked], ids, covered),
                MaskHistory = protocol.MaskHistory,
                ItemIds = ids.Texts,
            };
        }

        var events = listFile is null ? null : ProtocolLines.ListedEvents(listFile);
        return new ProtocolTasks(
            Task(innerFile, validFile, static (_, _) => true),
            Task(trainFile, testFile, (session, place) => events is null || events.Contains((session, place))));
    }

    private static EvaluationTask ForUsers(Protocol protocol, ItemIds ids, int[][] runs, int[][] relevant, bool everybody) => new()
    {
        Train = Sequences.From(ids.Count, runs),
        Queries = [.. Enumerable.Range(0, runs.Length).Where(u => everybody || relevant[u].Length > 0)
            .Select(u => new EvaluationQuery(runs[u], relevant[u], u, u))],
        MaskHistory = protocol.MaskHistory,
        ItemIds = ids.Texts,
    };
}
