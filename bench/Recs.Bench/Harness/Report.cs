using System.Text.Encodings.Web;

namespace Recs.Bench.Harness;

/// <summary>
/// The figures of one run: a JSON line each in a file (appended) and a table on the terminal. A name with "ratio" in it
/// compares with a peer in the same run: ours over theirs in speed, above 1 is better.
/// </summary>
internal sealed class Report(string suite, string jsonFile)
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<(string Name, double Value, string Unit, string Params)> _rows = [];

    public void Add(string name, double value, string unit, params (string Key, object Value)[] parameters)
    {
        var all = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var (key, v) in parameters)
            all[key] = v;
        _rows.Add((name, value, unit, string.Join(' ', all.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key}={p.Value}")))));
        all["loadAverage"] = Machine.LoadAverage();
        all["commit"] = Machine.Commit();
        if (jsonFile.Length > 0)
        {
            var line = JsonSerializer.Serialize(new { name = $"{suite}.{name}", value = double.IsFinite(value) ? value : -1, unit, @params = all }, Json);
            File.AppendAllText(jsonFile, line + "\n");
        }

        Console.WriteLine($"  {name} = {Show(value)} {unit}");
    }

    /// <summary>Percentiles of latencies in stopwatch ticks; sorts the array.</summary>
    public void AddLatencies(string name, long[] ticks, params (string Key, object Value)[] parameters)
    {
        Array.Sort(ticks);
        (string Key, object Value)[] all = [.. parameters, ("samples", ticks.Length)];
        foreach (var (label, share) in new[] { ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0) })
            Add($"{name}-{label}", Percentile.Milliseconds(ticks, share), "ms", all);
    }

    public void PrintTable()
    {
        if (_rows.Count == 0)
            return;
        var name = Math.Max(6, _rows.Max(r => r.Name.Length));
        var value = Math.Max(5, _rows.Max(r => Show(r.Value).Length));
        var unit = _rows.Max(r => r.Unit.Length);
        Console.WriteLine();
        Console.WriteLine($"{"figure".PadRight(name)}  {"value".PadLeft(value)}  {"unit".PadRight(unit)}  parameters");
        foreach (var row in _rows)
            Console.WriteLine($"{row.Name.PadRight(name)}  {Show(row.Value).PadLeft(value)}  {row.Unit.PadRight(unit)}  {row.Params}");
        if (_rows.Any(r => r.Name.Contains("ratio", StringComparison.Ordinal)))
            Console.WriteLine("A ratio is our speed over the peer's, same data, same run: above 1 we are faster.");
    }

    private static string Show(double value) => Math.Abs(value) switch
    {
        >= 1000 => value.ToString("N0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("F1", CultureInfo.InvariantCulture),
        >= 0.1 or 0 => value.ToString("F3", CultureInfo.InvariantCulture),
        _ => value.ToString("G3", CultureInfo.InvariantCulture),
    };
}
