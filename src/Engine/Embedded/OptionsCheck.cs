using System.ComponentModel.DataAnnotations;

namespace Recs.Engine.Embedded;

/// <summary>Enforces the ranges that options state as attributes.</summary>
public static class OptionsCheck
{
    /// <summary>Throws <see cref="RecommenderException"/> naming the first option out of its range.</summary>
    public static void Throw(object options)
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var property in options.GetType().GetProperties())
        {
            foreach (var rule in property.GetCustomAttributes(typeof(ValidationAttribute), inherit: true).Cast<ValidationAttribute>())
            {
                var value = property.GetValue(options);
                if (!rule.IsValid(value))
                    throw RecommenderException.Invalid(property.Name, value, rule is RangeAttribute range ? $"{range.Minimum} to {range.Maximum}" : rule.FormatErrorMessage(property.Name));
            }
        }
    }
}
