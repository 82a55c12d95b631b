namespace Recs.Training.Evaluation.Protocols;

/// <summary>A query for the next item after every prefix of a session.</summary>
internal static class SessionQueries
{
    public static List<EvaluationQuery> Of(int[][] sessions)
    {
        var queries = new List<EvaluationQuery>();
        for (var s = 0; s < sessions.Length; s++)
        {
            for (var place = 1; place < sessions[s].Length; place++)
                queries.Add(new EvaluationQuery(sessions[s][..place], [sessions[s][place]], s));
        }

        return queries;
    }

    /// <param name="sessions">By id.</param>
    /// <param name="ids">Numbers of their items.</param>
    /// <param name="covered">Whether the event at a session's 0-based place is a query.</param>
    public static List<EvaluationQuery> Of(Dictionary<long, SessionRows> sessions, ItemIds ids, Func<long, int, bool> covered)
    {
        var queries = new List<EvaluationQuery>();
        var group = 0;
        foreach (var (session, rows) in sessions.OrderBy(static s => s.Key))
        {
            var items = ids.Of(rows.Items);
            for (var place = 0; place + 1 < items.Length; place++)
            {
                if (!covered(session, place))
                    continue;
                queries.Add(new EvaluationQuery(items[..(place + 1)], [items[place + 1]], group, AtMs: rows.AtMs[place])
                {
                    HistoryAtMs = rows.AtMs[..(place + 1)],
                });
            }

            group++;
        }

        return queries;
    }
}
