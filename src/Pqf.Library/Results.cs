namespace Pqf;

/// <summary>A class that a network gives an image.</summary>
/// <param name="Name">Name of the class.</param>
/// <param name="Probability">0 … 1; the probabilities of all classes add up to 1.</param>
/// <param name="Label">Number of the class, from 0.</param>
public readonly record struct Prediction(string Name, double Probability, int Label);

/// <summary>An object in a photograph. The box is in pixels of the photograph, from its upper left corner.</summary>
/// <param name="Name">Name of the class.</param>
/// <param name="Score">Probability of the class, 0 … 1.</param>
/// <param name="X">Left edge.</param>
/// <param name="Y">Upper edge.</param>
/// <param name="Width">Pixels from left to right.</param>
/// <param name="Height">Pixels from top to bottom.</param>
public readonly record struct FoundObject(string Name, double Score, double X, double Y, double Width, double Height);

/// <summary>What a training gave.</summary>
/// <param name="Path">File of the best epoch's network.</param>
/// <param name="Accuracy">Share of the validation images that it classifies correctly, 0 … 1.</param>
/// <param name="Epoch">Number of that epoch, from 1.</param>
public sealed record TrainedNetwork(string Path, double Accuracy, int Epoch);
