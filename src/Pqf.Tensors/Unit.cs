namespace Pqf.Tensors;

/// <summary>What an effect gives back when it has nothing to say.</summary>
public readonly record struct Unit;
