"""The docstring that `dataclasses` gives to classes without one, made when it is first read."""


class _GeneratedDoc:
    """Stands in a class as its `__doc__` and puts the text in its place."""

    def __get__(self, instance, owner=None):
        if owner is None:
            owner = type(instance)
        # `super().__doc__` comes with another class than the one that holds it.
        holder = next(cls for cls in owner.__mro__ if cls.__dict__.get('__doc__') is self)
        text = holder.__name__ + _signature(holder)
        type.__setattr__(holder, '__doc__', text)
        return text


def _signature(cls):
    import annotationlib
    import inspect

    try:
        signature = inspect.signature(cls, annotation_format=annotationlib.Format.FORWARDREF)
    except (TypeError, ValueError):
        return ''
    return str(signature).replace(' -> None', '')


def document(cls):
    """Gives `cls` a docstring with its signature."""
    cls.__doc__ = _GeneratedDoc()
