"""Any metric by its name: families of metrics, what each needs, values with intervals, paired comparisons."""
