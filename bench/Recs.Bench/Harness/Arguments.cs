namespace Recs.Bench.Harness;

/// <summary>Options as <c>--name value</c>, or <c>--name</c> alone for yes. A name that nobody asked for is refused by <see cref="RefuseOthers"/>.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _known = new(StringComparer.Ordinal);

    public static Arguments Parse(ReadOnlySpan<string> args)
    {
        var parsed = new Arguments();
        for (var i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
                throw new ArgumentException($"'{args[i]}' was not understood; options are written --name value.");
            var isFlag = i + 1 == args.Length || args[i + 1].StartsWith("--", StringComparison.Ordinal);
            if (!parsed._values.TryAdd(args[i][2..], isFlag ? "yes" : args[i + 1]))
                throw new ArgumentException($"{args[i]} was given twice.");
            i += isFlag ? 0 : 1;
        }

        return parsed;
    }

    public string Text(string name, string otherwise)
    {
        _known.Add(name);
        return _values.GetValueOrDefault(name, otherwise);
    }

    public int Number(string name, int otherwise, int from = 0, int to = int.MaxValue)
    {
        var text = Text(name, otherwise.ToString(CultureInfo.InvariantCulture));
        return int.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= from && value <= to
            ? value
            : throw new ArgumentException($"--{name} was '{text}'; legal is a whole number from {from} to {to}.");
    }

    /// <summary>A name without a value, or with yes or no.</summary>
    public bool Flag(string name) => Text(name, "no") switch
    {
        "yes" => true,
        "no" => false,
        var text => throw new ArgumentException($"--{name} was '{text}'; legal are yes and no."),
    };

    /// <summary>One of an enumeration's names, in lower case.</summary>
    public T OneOf<T>(string name, T otherwise) where T : struct, Enum
    {
        var text = Text(name, otherwise.ToString().ToLowerInvariant());
        return Array.Find(Enum.GetNames<T>(), n => n.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } known
            ? Enum.Parse<T>(known)
            : throw new ArgumentException($"--{name} was '{text}'; legal are {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}.");
    }

    public IReadOnlyList<int> Numbers(string name, string otherwise) => Text(name, otherwise).Split(',')
        .Select(text => int.TryParse(text, CultureInfo.InvariantCulture, out var value) && value > 0
            ? value
            : throw new ArgumentException($"--{name} held '{text}'; legal are whole numbers above 0 with commas between."))
        .ToArray();

    public void RefuseOthers()
    {
        foreach (var name in _values.Keys)
        {
            if (!_known.Contains(name))
                throw new ArgumentException($"--{name} is no option of this suite; known: {string.Join(", ", _known.Select(k => "--" + k))}.");
        }
    }
}
