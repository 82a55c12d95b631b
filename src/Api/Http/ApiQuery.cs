using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Recs.Api.Http;

/// <summary>The query of one call. A parameter that the operation does not know is refused: a typo must not be silent.</summary>
internal sealed class ApiQuery
{
    private static readonly ApiQuery Empty = new([]);

    private readonly QueryParameter[] _legal;
    private readonly string?[] _single;
    private List<string>?[]? _many;

    private ApiQuery(QueryParameter[] legal)
    {
        _legal = legal;
        _single = new string?[legal.Length];
    }

    public static ApiQuery Parse(QueryString query, QueryParameter[] legal, int maxLength)
    {
        if (!query.HasValue || query.Value!.Length <= 1)
            return legal.Length == 0 ? Empty : new ApiQuery(legal);
        if (query.Value.Length > maxLength)
            throw new ProblemException(new Problem
            {
                Status = 414,
                Kind = "too-long",
                Title = "The query is too long.",
                Detail = $"The query has {query.Value.Length} characters; legal is up to {maxLength}.",
                Field = "query",
                Legal = $"up to {maxLength} characters",
            });
        var result = new ApiQuery(legal);
        foreach (var pair in new QueryStringEnumerable(query.Value))
            result.Add(pair.EncodedName.Span, pair.EncodedValue.Span);
        return result;
    }

    private void Add(ReadOnlySpan<char> encodedName, ReadOnlySpan<char> encodedValue)
    {
        var name = PercentText.Decode(encodedName, plusIsBlank: true, "query");
        var index = Array.FindIndex(_legal, p => p.Name == name);
        if (index < 0)
            throw RecommenderException.Invalid(
                "query", name, _legal.Length == 0 ? "no query parameter" : string.Join(", ", _legal.Select(p => p.Name)));
        var parameter = _legal[index];
        if (!parameter.Many)
        {
            if (_single[index] is not null)
                throw RecommenderException.Invalid(name, "given twice", "one value");
            _single[index] = PercentText.Decode(encodedValue, plusIsBlank: true, name);
            return;
        }
        _many ??= new List<string>?[_legal.Length];
        var list = _many[index] ??= [];
        // Split before decoding: %2C is a comma within a value.
        foreach (var part in encodedValue.Split(','))
        {
            if (list.Count == parameter.Maximum)
                throw RecommenderException.Invalid(
                    name, $"more than {parameter.Maximum} values", $"up to {parameter.Maximum} values", kind: RefusalKind.TooLarge);
            list.Add(PercentText.Decode(encodedValue[part], plusIsBlank: true, name));
        }
    }

    public string? Text(QueryParameter parameter) => _single[Array.IndexOf(_legal, parameter)];

    public IReadOnlyList<string> Values(QueryParameter parameter) =>
        _many?[Array.IndexOf(_legal, parameter)] ?? (IReadOnlyList<string>)[];

    public long? Number(QueryParameter parameter)
    {
        if (Text(parameter) is not { } text)
            return null;
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            || value < parameter.Minimum || value > parameter.Maximum)
            throw RecommenderException.Invalid(parameter.Name, text, parameter.Maximum == long.MaxValue
                ? $"a whole number, {parameter.Minimum} or more"
                : $"a whole number, {parameter.Minimum} to {parameter.Maximum}");
        return value;
    }

    public bool Flag(QueryParameter parameter) => Text(parameter) switch
    {
        null or "false" => false,
        "true" => true,
        var other => throw RecommenderException.Invalid(parameter.Name, other, "true or false"),
    };
}
