using System.Globalization;

namespace Recs.Api.Hosting;

/// <summary>Walks over a host's arguments: "--name value", "--name=value" or "--switch". Not thread-safe.</summary>
internal sealed class CommandLine(IReadOnlyList<string> args)
{
    private int _at = -1;
    private string? _inline;
    private bool _valueRead;

    /// <summary>The current option, without a value that is joined to it.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Goes on to the next option; false at the end.</summary>
    /// <exception cref="RecommenderException">The option before took no value and was given one.</exception>
    public bool Next()
    {
        if (_inline is not null && !_valueRead)
            throw new RecommenderException(RefusalKind.Invalid, $"{Name} takes no value.");
        if (++_at >= args.Count)
            return false;
        var arg = args[_at];
        var cut = arg.StartsWith("--", StringComparison.Ordinal) ? arg.IndexOf('=', StringComparison.Ordinal) : -1;
        (Name, _inline, _valueRead) = cut > 0 ? (arg[..cut], arg[(cut + 1)..], false) : (arg, null, false);
        return true;
    }

    /// <summary>The current option's value.</summary>
    public string Value()
    {
        _valueRead = true;
        return _inline ?? (++_at < args.Count && !args[_at].StartsWith("--", StringComparison.Ordinal)
            ? args[_at]
            : throw new RecommenderException(RefusalKind.Invalid, $"{Name} needs a value; see --help."));
    }

    public int Number(int min, int max)
    {
        var value = Value();
        return int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw RecommenderException.Invalid(Name, value, $"a whole number, {min} to {max}");
    }

    /// <summary>One of these words.</summary>
    public T OneOf<T>(params ReadOnlySpan<(string Word, T Meaning)> words)
    {
        var value = Value();
        foreach (var (word, meaning) in words)
        {
            if (value == word)
                return meaning;
        }

        var legal = new List<string>();
        foreach (var (word, _) in words)
            legal.Add(word);
        throw RecommenderException.Invalid(Name, value, string.Join(" or ", legal));
    }

    public RecommenderException Unknown() => new(RefusalKind.Invalid, $"There is no option {args[_at]}; --help lists them.");
}
